"""StemPlayer in Python: what it takes, what it keeps, and what it shows without a page."""

import base64
import io
import json

import numpy as np
import pytest
import traitlets
from bs4 import BeautifulSoup
from ipywidgets.embed import dependency_state
from matplotlib.image import imread

from common.build.widget_state import MIME
from common.seed import rng
from common.viz.widgets import AudioBank, StemPlayer
from common.viz.widgets.bank import LONGEST, MP3_LEVELS
from tests.site.widget_sounds import widget_sounds

RATE = 8000
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
NOISE = (0.1 * rng("stem player").standard_normal(RATE)).astype(np.float32)
SOUNDS = {"vocals": TONE, "drums": NOISE}


def player(sounds=None, **options):
    return StemPlayer(sounds or SOUNDS, rate=RATE, **options)


def test_it_starts_with_the_first_track_alone():
    made = player()
    assert (made.mode, made.chosen, made.shown, made.region) == ("A/B", "vocals", "waveform", None)
    assert (made.soloed, made.muted, made.gains) == ([], [], {})
    assert repr(made) == "StemPlayer(vocals, drums)"
    assert set(made.colors) == {"vocals", "drums"}


def test_a_bank_serves_as_it_is():
    bank = AudioBank(SOUNDS, rate=RATE)
    made = StemPlayer(bank, shown="spectrogram")
    assert made.bank is bank and made.spectrum["top"] == RATE / 2
    assert player(shown="spectrogram").spectrum["top"] == 0.9 * RATE / 2
    with pytest.raises(ValueError, match="sample rate"):
        StemPlayer(SOUNDS)


@pytest.mark.parametrize(("sounds", "said"), [
    ({}, "at least one"),
    ({"a": TONE, "b": TONE[:100]}, "one length for all, got a 8000 samples, b 100 samples"),
    ({"a": TONE, "b": np.where(TONE > 0.4, np.nan, TONE)}, "b.*NaN"),
    ({"a": np.zeros(int(LONGEST * RATE) + 1)}, "a: expected at most 60 s"),
    ({"a": np.zeros((3, 100))}, "channels"),
    ({"a": np.zeros(0)}, "at least one sample"),
])
def test_what_cannot_be_played_is_refused(sounds, said):
    with pytest.raises(ValueError, match=said):
        StemPlayer(sounds, rate=RATE)


@pytest.mark.parametrize("sounds", [
    {"alone": TONE},
    {"silence": 0 * TONE, "more": 0 * TONE},
    {"one sample": [0.5], "another": [-0.25]},
    {"mono": TONE, "stereo": np.stack([TONE, NOISE])},
    {"a <b> & 'c'": TONE, 'd "e" </script>': NOISE},
    {"minute": np.tile(TONE, 60)},
])
@pytest.mark.parametrize("shown", ["waveform", "spectrogram", "none"])
def test_what_can_be_played_can_be_drawn(sounds, shown):
    made = player(sounds, shown=shown, match=True)
    for name, x in sounds.items():
        x = np.atleast_2d(x)
        kept = made.bank.sound(name)
        assert kept.shape == x.shape
        assert abs(np.sqrt(np.mean(kept**2)) - np.sqrt(np.mean(x**2))) < 0.01
    image = imread(io.BytesIO(base64.b64decode(made._repr_mimebundle_()[0]["image/png"])))
    assert image.shape[0] > 60 * len(sounds) and image[..., :3].std() > 0


def test_one_sample_stays_exact():
    made = player({"click": [0.5], "soft": [-0.25]})
    assert made.bank.sound("click") == 0.5 and made.bank.sound("soft") == -0.25


@pytest.mark.parametrize("rate", [22050, 16000, 10000])
@pytest.mark.parametrize("coding", MP3_LEVELS)
def test_lossy_sounds_keep_time_and_level(rate, coding):
    x = np.tile(NOISE, 3)[: 2 * rate]
    x[: rate // 2] = 0
    bank = AudioBank({"x": x, "soft": 0.001 * x}, rate=rate, coding=coding)
    for name, gain in [("x", 1), ("soft", 0.001)]:
        kept = bank.sound(name)[0] / gain
        lags = range(-5, 6)
        fit = [np.dot(kept[rate // 2 : rate], np.roll(x, lag)[rate // 2 : rate]) for lag in lags]
        assert lags[int(np.argmax(fit))] == 0
        assert abs(10 * np.log10(np.mean(kept**2) / np.mean(x**2))) < 0.5
    kinds = {entry["coding"] for entry in bank.entries}
    assert kinds == ({"flac"} if rate == 10000 else {"mp3"})    # MP3 knows no 10 kHz
    with pytest.raises(ValueError, match="expected exact, seen or heard"):
        AudioBank({"x": x}, rate=rate, coding="small")


@pytest.mark.parametrize(("trait", "value", "said"), [
    ("mode", "C", "mode"),
    ("shown", "notes", "shown"),
    ("chosen", "bass", "chosen: expected names among vocals, drums"),
    ("soloed", ["bass"], "soloed"),
    ("muted", ["vocals", "bass"], "bass"),
    ("gains", {"bass": 1.0}, "gains"),
    ("region", (0.5, 0.5), "0 <= start < end <= 1"),
    ("region", (0.5, 1.5), "region"),
])
def test_states_that_make_no_sense_are_refused(trait, value, said):
    made = player()
    before = getattr(made, trait)
    with pytest.raises(traitlets.TraitError, match=said):
        setattr(made, trait, value)
    assert getattr(made, trait) == before


def test_states_are_kept():
    made = player()
    made.region, made.gains, made.muted = (0.25, 0.5), {"drums": -99.0}, ["drums"]
    state = made.get_state()
    assert list(state["region"]) == [0.25, 0.5] and state["muted"] == ["drums"]
    assert made.gains == {"drums": -30.0}
    made.set_state({"region": [0.1, 0.2], "chosen": "drums", "mode": "mix"})   # as the page does
    assert made.region == (0.1, 0.2) and made.chosen == "drums" and made.mode == "mix"
    made.set_state({"region": None})
    assert made.region is None


def test_what_is_shown_without_a_page_is_the_same_every_time():
    first, second = player(match=True)._repr_mimebundle_(), player(match=True)._repr_mimebundle_()
    for key in ("text/plain", "image/png"):
        assert first[0][key] == second[0][key]
    assert first[0]["text/plain"] == "StemPlayer(vocals, drums)"


def test_a_check_of_the_site_finds_every_sound_as_it_is_played():
    loud = player({"a": 4 * TONE, "b": np.stack([TONE, NOISE])})
    state = json.dumps({"state": dependency_state([loud])}, default=str)
    page = BeautifulSoup(f'<script type="{MIME}">{state}</script>', "html.parser")
    (a, x, rate), (b, y, _) = widget_sounds(page)
    assert (a, b, rate, x.shape, y.shape) == ("a", "b", RATE, (RATE, 1), (RATE, 2))
    assert 0.8 < np.abs(x).max() < 0.99
    assert abs(np.sqrt(np.mean(x**2) / np.mean(y[:, :1] ** 2)) - 4) < 0.05
