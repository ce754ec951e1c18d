"""MaskListener in Python: what it takes, the mask it says, what it shows without a page."""

import base64
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import traitlets

from common.evaluation import si_sdr
from common.seed import rng
from common.stft import STFTConfig, istft, stft
from common.viz.widgets import AudioBank
from common.viz.widgets.mask_listener import KINDS, PATCH, SETTINGS, MaskListener

RATE = 8000
CONFIG = STFTConfig(window_length=256, hop=64)  # bins of 31.25 Hz, hops of 8 ms
BINS = CONFIG.window_length // 2 + 1


def tone(frequency, seconds=0.5):
    return 0.4 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def noise(*shape):
    return (0.1 * rng("mask listener", shape).standard_normal(shape)).astype(np.float32)


SOUNDS = {"vocals": tone(1000), "bass": tone(250), "drums": tone(3000)}


def listener(sounds=None, **options):
    options = {"target": "vocals", "rate": RATE, "config": CONFIG, **options}
    return MaskListener(sounds or SOUNDS, **options)


def test_target_and_the_sum_of_the_rest_are_embedded():
    made = listener()
    assert made.bank.names == ["vocals", "bass + drums"] and made.rest == ["bass + drums"]
    rest = made.bank.sound("bass + drums")
    assert np.abs(rest - SOUNDS["bass"] - SOUNDS["drums"]).max() < 1 / 32768
    assert repr(made) == "MaskListener(A mask for the vocals)"


def test_a_bank_serves_several_instruments():
    bank = AudioBank(SOUNDS, rate=RATE)
    first, second = (MaskListener(bank, target=name, config=CONFIG) for name in ("vocals", "bass"))
    assert first.bank is second.bank is bank
    assert second.rest == ["vocals", "drums"]
    alone = listener().estimate
    assert np.abs(first.estimate - alone).max() < 1e-4  # rounded to 16 bits one by one, or summed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": "piano"}, "target: expected one of vocals, bass, drums, got 'piano'"),
        ({"rate": None}, "rate: expected the sample rate"),
        ({"kind": "magic"}, "kind: expected one of binary"),
        ({"kind": "static"}, "kind: expected one of binary"),  # no gains were given
        ({"kinds": ["binary", "soft"]}, "kind: expected one of binary"),
        ({"controls": ["volume"]}, "controls: expected one of kind"),
        ({"treshold": 3}, "settings: expected one of kind.*'treshold'"),
        ({"static": np.ones((5, 1))}, "static: expected"),
        ({"static": 2 * np.ones((BINS, 1))}, "gains in"),
        ({"config": STFTConfig(window_length=300, hop=75)}, "power of two"),
        ({"top": 0}, "top: expected a number above 0"),
        ({"sounds": {"vocals": tone(500)}}, "got vocals alone"),
        ({"sounds": {**SOUNDS, "bass": SOUNDS["bass"][:-1]}}, "expected equal shapes"),
        ({"sounds": {**SOUNDS, "bass": SOUNDS["bass"] * np.nan}}, "NaN"),
        ({"sounds": {name: np.zeros(600 * RATE) for name in SOUNDS}}, "at most 60 s"),
    ],
)
def test_what_does_not_fit_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        listener(**options)


def test_a_lossy_bank_is_refused():
    with pytest.raises(ValueError, match="exact"):
        MaskListener(AudioBank(SOUNDS, rate=RATE, coding="heard"), target="vocals")


def test_settings_out_of_range_are_refused():
    made = listener()
    for name, value in {"kind": "magic", "exponent": 0, "floor": 3.0, "low": -1.0}.items():
        with pytest.raises(traitlets.TraitError):
            setattr(made, name, value)


def test_the_state_that_the_page_gets():
    made = listener(static=np.full((BINS, 1), 0.25), controls=["floor"], kind="ratio", exponent=2)
    state = made.get_state()
    assert set(SETTINGS) <= set(state) and state["high"] == RATE / 2
    assert state["config"] == {"windowLength": 256, "hop": 64, "window": "sqrt_hann"}
    assert np.frombuffer(state["static"], "<f4").tolist() == [0.25] * BINS
    assert state["controls"] == ["floor"] and state["kinds"] == list(KINDS)
    assert listener().get_state()["controls"] is None


def loudest_bins(frequency, within=1):
    middle = round(frequency * CONFIG.window_length / RATE)
    return slice(middle - within, middle + within + 1)


def test_the_binary_mask_keeps_the_target():
    mask = listener().mask
    assert mask.shape == (1, BINS, 64) and set(np.unique(mask)) == {0, 1}
    assert mask[0, loudest_bins(1000), 2:-2].all()
    assert not mask[0, loudest_bins(250), 2:-2].any()
    assert not mask[0, loudest_bins(3000), 2:-2].any()
    deaf = listener(threshold=60.0)
    assert deaf.mask.mean() < 0.5 * mask.mean()


def test_a_threshold_is_a_distance_in_decibels():
    sounds = {"vocals": tone(1000), "rest": 0.5 * tone(1000)}  # 6.02 dB apart in every bin
    middle = (0, loudest_bins(1000), slice(2, -2))
    assert listener(sounds, threshold=6.0).mask[middle].all()
    assert not listener(sounds, threshold=6.04).mask[middle].any()


def test_ratio_and_phase_sensitive_by_hand():
    sounds = {"vocals": tone(1000), "rest": 0.5 * tone(1000)}
    middle = (0, loudest_bins(1000), slice(2, -2))
    assert np.allclose(listener(sounds, kind="ratio").mask[middle], 2 / 3, atol=1e-3)
    squares = listener(sounds, kind="ratio", exponent=2)
    assert np.allclose(squares.mask[middle], 4 / 5, atol=1e-3)
    assert np.allclose(listener(sounds, kind="phase-sensitive").mask[middle], 2 / 3, atol=1e-3)
    against = {"vocals": tone(1000), "rest": -0.5 * tone(1000)}  # S / X = 2, clipped
    assert np.allclose(listener(against, kind="phase-sensitive").mask[middle], 1)


def test_ranges_by_hand():
    def rows(**options):
        mask = listener(**options).mask
        assert (mask == mask[..., :1]).all()
        return np.flatnonzero(mask[0, :, 0]).tolist()

    assert rows(kind="high-pass", low=62.5, high=100.0) == list(range(2, BINS))
    assert rows(kind="band", low=62.5, high=125.0) == [2, 3, 4]
    assert rows(kind="band", low=62.6, high=124.9) == [3]
    assert rows(kind="band", low=200.0, high=100.0) == []
    assert rows(kind="band", low=62.5, invert=True) == [0, 1]


def test_the_range_limits_every_kind_and_invert_gives_the_residual():
    for kind in ("binary", "ratio", "phase-sensitive"):
        made = listener(kind=kind, low=900.0, high=1100.0)
        mask = made.mask
        assert not mask[0, :28].any() and not mask[0, 36:].any() and mask[0, 28:36].any()
        estimate = made.estimate
        made.invert = True
        assert np.allclose(made.mask, 1 - mask, atol=1e-7)
        mixture = sum(made.bank.sound(name) for name in made.bank.names)
        assert np.abs(estimate + made.estimate - mixture).max() < 1e-6


def test_smoothing_and_floor_by_hand():
    band = {"kind": "band", "low": 62.5, "high": 62.5}  # bin 2 alone
    mask = listener(**band, smooth_frequency=31.25).mask[0, :, 0]
    assert np.allclose(mask[:5], [0, 1 / 3, 1 / 3, 1 / 3, 0], atol=1e-7)
    mask = listener(**band, smooth_frequency=62.5).mask[0, :, 0]
    assert np.allclose(mask[:6], [1 / 3, 1 / 4, 1 / 5, 1 / 5, 1 / 5, 0], atol=1e-7)
    painted = bytearray(33 * 32)
    painted[33 * 8] = 255  # frames 16 and 17, bins 0 to 3
    made = listener(kind="painted", painted=bytes(painted), smooth_time=8.0, floor=-20.0)
    assert np.allclose(made.mask[0, 0, 14:20], [0.1, 1 / 3, 2 / 3, 2 / 3, 1 / 3, 0.1], atol=1e-7)
    assert np.allclose(made.mask[0, 4], 0.1)


def test_painting_by_hand():
    high, wide = -(-BINS // PATCH[0]), -(-64 // PATCH[1])
    assert not listener(kind="painted").mask.any()
    painted = np.zeros((wide, high), np.uint8)
    painted[3, 5] = 51
    mask = listener(kind="painted", painted=painted.tobytes()).mask[0]
    assert np.allclose(mask[20:24, 6:8], 0.2) and np.isclose(mask.sum(), 8 * 0.2)
    with pytest.raises(ValueError, match="painted: expected 32 x 33 bytes"):
        _ = listener(kind="painted", painted=b"123").mask


def test_what_the_page_sends_arrives():
    made, seen = listener(), []
    names = ["painted", "kind", "exponent", "floor", "scores"]
    made.observe(lambda change: seen.append((change["name"], change["new"])), names)
    told = {"estimate": 3.5, "mixture": -1, "ideal": 9.0, "improvement": 4.5}
    cells = bytes(33 * 32 - 1) + b"\xff"
    sent = {"painted": memoryview(cells), "kind": "painted", "exponent": 2, "floor": -40}
    made.set_state({**sent, "scores": told})
    wanted = {"painted": cells, "kind": "painted", "exponent": 2.0, "floor": -40.0, "scores": told}
    assert dict(seen) == wanted
    assert made.mask[0, -1, -1] == 1
    made.set_state({"floor": None, "scores": {**told, "estimate": None}})
    assert made.floor is None and made.scores["estimate"] is None


def test_the_static_mask_is_the_one_given():
    gains = np.linspace(0, 1, BINS)[:, None]
    mask = listener(kind="static", static=gains).mask
    assert np.allclose(mask[0], np.broadcast_to(gains, (BINS, 64)), atol=1e-7)


def test_each_channel_has_its_own_mask():
    left, right = tone(1000), tone(2000)
    sounds = {"vocals": np.stack([left, right]), "rest": np.stack([right, left])}
    mask = listener(sounds).mask
    assert mask.shape[0] == 2
    assert mask[0, loudest_bins(1000), 2:-2].all() and not mask[1, loudest_bins(1000), 2:-2].any()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "static"])
def test_one_sample_and_silence(kind):
    short = listener({"vocals": np.array([0.5]), "rest": np.array([0.25])}, kind=kind)
    assert short.estimate.shape == (1, 1) and np.isfinite(short.estimate).all()
    silent = listener({"vocals": np.zeros(800), "rest": np.zeros(800)}, kind=kind)
    assert np.isfinite(silent.mask).all() and not silent.estimate.any()


def test_the_estimate_is_the_mask_at_work():
    sounds = {"vocals": noise(2, 4000), "rest": noise(2, 4001)[:, 1:]}
    made = listener(sounds, kind="ratio", exponent=1.5, smooth_time=20.0)
    target, rest = (made.bank.sound(name) for name in made.bank.names)
    by_hand = istft(made.mask * stft(target + rest, CONFIG), length=4000, config=CONFIG)
    assert np.abs(made.estimate - by_hand).max() < 1e-6


def test_the_ideal_masks_do_what_they_promise():
    made = listener({"vocals": noise(8000), "rest": noise(8001)[1:]}, kind="phase-sensitive")
    best = si_sdr(made.estimate, made.bank.sound("vocals"))
    made.kind = "ratio"
    assert best > si_sdr(made.estimate, made.bank.sound("vocals")) > 3


def test_without_a_page_there_is_a_picture():
    made = listener()
    data, metadata = made._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == made.model_id and data["text/plain"] == repr(made)
    assert metadata == {}
    titles = [ax.get_title(loc="left") for ax in made.picture().axes]
    assert titles[:2] == ["mixture", "mask for the vocals (binary)"]
    assert titles[2].startswith("estimate: SI-SDR ")


def test_colab_is_told_where_the_widget_manager_is(monkeypatch):
    output = ModuleType("google.colab.output")
    output._widgets = SimpleNamespace(_installed_url="https://example.org/manager")
    output.enable_custom_widget_manager = lambda: None
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    data, metadata = listener()._repr_mimebundle_()
    assert "image/png" in data
    told = metadata["application/vnd.jupyter.widget-view+json"]
    assert told["colab"]["custom_widget_manager"]["url"].startswith("https://")
