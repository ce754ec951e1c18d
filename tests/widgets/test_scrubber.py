"""Scrubber in Python: masks packed and unpacked, brought back to size, heard, or refused."""

import base64
import io
import zlib

import numpy as np
import pytest
import traitlets
from matplotlib.image import imread

from common.seed import rng
from common.stft import STFTConfig, istft, stft
from common.viz.widgets import AudioBank, Scrubber
from common.viz.widgets.packing import pack, pooled, quantise_masks, upsampled

RATE = 8000
CONFIG = STFTConfig(window_length=256, hop=64)
NOISE = (0.1 * rng("scrubber").standard_normal(4000)).astype(np.float32)
SIZE = (129, 64)  # (freq, frame) of NOISE
MASKS = rng("scrubber", "masks").uniform(size=(5, *SIZE))


def scrubber(mixture=NOISE, masks=MASKS, **options):
    return Scrubber(mixture, masks, **{"rate": RATE, "config": CONFIG, **options})


def unpack(packed, shape):
    """The masks again, (step, channel, freq, frame)."""
    q = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(shape)
    q = np.cumsum(np.cumsum(q, axis=2, dtype=np.uint8), axis=0, dtype=np.uint8)
    return q.swapaxes(-1, -2)


def test_masks_are_exact_to_a_255th_once_packed():
    made = scrubber()
    q = unpack(made.packed, made.shape)
    assert made.shape == [5, 1, 64, 129]
    for step, mask in enumerate(MASKS):
        assert np.abs(made.mask(step)[0] - mask).max() <= 0.5 / 255 + 1e-12
        assert np.array_equal(q[step] / 255, made.mask(step))
    assert np.array_equal(quantise_masks(np.array([0, 0.5, 1.0])), [0, 128, 255])


def test_like_masks_pack_well():
    steady = np.repeat(MASKS[:1], 20, axis=0)
    one = len(pack(quantise_masks(MASKS[:1, None])))
    assert len(pack(quantise_masks(steady[:, None]))) < 1.2 * one


def test_the_estimate_is_the_mask_times_the_mixture():
    made = scrubber(step=3)
    x = made.bank.sound("mixture").astype(float)
    wanted = istft(made.mask(3) * stft(x, CONFIG), length=x.shape[-1], config=CONFIG)
    assert np.abs(made.estimate() - wanted).max() < 1e-7
    assert np.array_equal(made.estimate(3), made.estimate())
    assert np.abs(scrubber(masks=np.ones((1, *SIZE))).estimate() - x).max() < 1e-6
    assert not scrubber(masks=np.zeros((2, *SIZE), bool)).estimate(1).any()


def test_pooled_masks_are_averages_and_come_back_to_size():
    small = pooled(MASKS[:, None], SIZE, (4, 3))
    assert small.shape == (5, 1, 33, 22)
    assert np.isclose(small[1, 0, 2, 5], MASKS[1, 8:12, 15:18].mean())
    assert np.isclose(small[0, 0, 32, 21], MASKS[0, 128:, 63:].mean())
    near, smooth = (scrubber(pool=(4, 3), upsampling=how) for how in ("nearest", "bilinear"))
    assert near.shape == [5, 1, 22, 33] and near.mask(2).shape == (1, *SIZE)
    assert np.array_equal(near.mask(2)[0, 8:12, 15:18], np.full((4, 3), near.mask(2)[0, 8, 15]))
    assert smooth.mask(2)[0, 9, 16] == pytest.approx(
        0.875 * near.mask(2)[0, 9, 16] + 0.125 * near.mask(2)[0, 5, 16]
    )
    given = scrubber(masks=small, pool=(4, 3))
    assert given.packed == near.packed


def test_bilinear_upsampling_is_straight_between_the_middles():
    ramp = np.arange(8.0)[None, :] / 8
    wide = upsampled(ramp, (1, 32), (1, 4), "bilinear")[0]
    assert np.allclose(np.diff(wide[2:30]), 1 / 32)
    assert wide[0] == 0 and wide[-1] == 7 / 8
    assert np.array_equal(upsampled(ramp, (1, 8), (1, 1), "bilinear"), ramp)


def test_two_channels_share_a_mask_or_have_their_own():
    wide = np.stack([NOISE, NOISE[::-1]])
    shared = scrubber(wide)
    assert shared.mask().shape == (1, *SIZE) and shared.estimate().shape == (2, 4000)
    own = scrubber(wide, np.stack([MASKS, 1 - MASKS], axis=1))
    assert own.mask().shape == (2, *SIZE) and own.shape == [5, 2, 64, 129]
    assert np.abs(own.estimate()[0] - shared.estimate()[0]).max() < 1e-6
    assert np.abs(own.estimate()[1] - shared.estimate()[1]).max() > 0.01
    assert own.picture() and unpack(own.packed, own.shape).shape == (5, 2, *SIZE)


def test_labels_and_scores():
    made = scrubber(steps=[0, 10, 100, "last but one", "end"], scores=[-3, None, np.nan, 2.5, 4])
    assert made.steps == ["step 0", "step 10", "step 100", "last but one", "end"]
    assert made.scores == [-3.0, None, None, 2.5, 4.0]
    assert repr(made) == "Scrubber(Masks from step 0 to end)"
    assert scrubber().steps[-1] == "step 4" and scrubber().scores == []
    assert repr(scrubber(label="Training")) == "Scrubber(Training)"


def test_a_bank_serves_as_it_is():
    bank = AudioBank({"mixture": NOISE, "noise": NOISE[::-1]}, rate=RATE)
    made = Scrubber(bank, MASKS, sound="noise", config=CONFIG)
    assert made.bank is bank and made.sound == "noise"
    assert np.abs(made.estimate() - scrubber(NOISE[::-1]).estimate()).max() < 1e-6


@pytest.mark.parametrize(("mixture", "frames"), [
    (np.array([0.5]), 2), (0 * NOISE, 64), (np.stack([NOISE, NOISE]), 64),
])  # fmt: skip
def test_what_can_be_heard_can_be_drawn(mixture, frames):
    for scores in (None, [1.0, 2.0], [None, None]):
        made = scrubber(mixture, np.full((2, 129, frames), 0.5), scores=scores)
        assert np.isfinite(made.estimate()).all()
        data, _ = made._repr_mimebundle_()
        image = imread(io.BytesIO(base64.b64decode(data["image/png"])))
        assert image.shape[0] == (480 if scores == [1.0, 2.0] else 320)


@pytest.mark.parametrize(("change", "said"), [
    ({"masks": []}, "at least one step"),
    ({"masks": np.zeros((0, *SIZE))}, "at least one step"),
    ({"masks": MASKS[0]}, r"expected \(step, freq, frame\)"),
    ({"masks": MASKS[:, :100]}, r"\(129, 64\).*got \(100, 64\)"),
    ({"masks": MASKS.swapaxes(1, 2)}, r"got \(64, 129\)"),
    ({"masks": MASKS, "pool": (2, 2), "config": STFTConfig(512, 64)}, r"or \(129, 32\) as pooled"),
    ({"masks": [MASKS[0], MASKS[1][:, :9]]}, "one shape for all"),
    ({"masks": np.stack([MASKS] * 3, axis=1)}, "1 channel"),
    ({"masks": MASKS + 0.1}, r"\[0, 1\], got .* to 1\.\d+; np\.clip"),
    ({"masks": MASKS - 0.1}, r"got -0\.\d+ to"),
    ({"masks": np.where(MASKS > 0.9, np.nan, MASKS)}, "NaN"),
    ({"pool": (0, 1)}, "pool"),
    ({"pool": (2,)}, "pool"),
    ({"steps": [1, 2]}, "steps: expected 5, one for each mask, got 2"),
    ({"scores": [1, 2]}, "scores: expected 5"),
    ({"rate": None}, "sample rate"),
    ({"config": STFTConfig(384, 96)}, "power of two"),
    ({"top": 0}, "top"),
    ({"mixture": np.zeros(600 * RATE)}, "at most 60 s"),
    ({"mixture": np.where(NOISE > 0.3, np.nan, NOISE)}, "NaN"),
    ({"mixture": AudioBank({"a": NOISE}, rate=RATE)}, "expected one of a"),
    ({"step": 5}, "step: expected 0 to 4"),
    ({"step": -1}, "step"),
    ({"upsampling": "cubic"}, "cubic"),
])  # fmt: skip
def test_what_cannot_be_shown_is_refused(change, said):
    with pytest.raises((ValueError, traitlets.TraitError), match=said):
        scrubber(**change)


def test_complex_masks_are_refused():
    with pytest.raises(TypeError, match="real"):
        scrubber(masks=MASKS * 1j)


def test_masks_too_many_for_a_page_are_refused():
    many = np.repeat(MASKS, 48, axis=0) * rng("many").uniform(size=(240, 1, 1))
    with pytest.raises(ValueError, match=r"at most 1\.4 MB when packed.*pool=\(1, 4\)"):
        scrubber(masks=many)


def test_the_step_stays_among_the_steps():
    made = scrubber()
    with pytest.raises(traitlets.TraitError, match="step: expected 0 to 4"):
        made.step = 5
    with pytest.raises(traitlets.TraitError, match="step: expected 0 to 4"):
        made.estimate(7)
    assert made.step == 0
    made.set_state({"step": 2, "listen": "mixture", "running": True, "pace": 1})
    assert (made.step, made.listen, made.running, made.pace) == (2, "mixture", True, 1.0)
