"""Rendered songs: exact sums, levels, rests, and the same bytes every time."""

import hashlib

import numpy as np
import pytest
from numpy._core import _multiarray_umath as cpu

from common.data import STEMS, load_songs
from common.data.generator.loudness import loudness
from common.data.generator.mix import render
from common.data.generator.score import compose
from common.data.generator.styles import STYLES, UNSEEN_STYLES
from common.data.generator.version import VERSION
from tests.data.conftest import python
from tests.data.measure_songs import rests

DIGEST = """
import hashlib
from common.data.generator.mix import render
from common.data.generator.score import compose
score = compose("valid", 3, seed=0, duration=6.0)
stems = render(score, rate=22050, channels=2, duration=6.0)
print(hashlib.sha256(b"".join(stem.tobytes() for stem in stems.values())).hexdigest())
"""


SONGS = [("test", number) for number in range(len(STYLES))]
SONGS += [("unseen", number) for number in range(len(UNSEEN_STYLES))]


@pytest.fixture(scope="module", params=SONGS, ids=lambda song: f"{song[0]}{song[1]}")
def rendered(request):
    """One song of every style."""
    score = compose(*request.param, seed=0, duration=12.0)
    return score, render(score, rate=22050, channels=1, duration=12.0)


def test_the_mixture_fits_and_keeps_its_headroom(rendered):
    _, stems = rendered
    assert tuple(stems) == STEMS
    assert all(stem.dtype == np.int16 and stem.shape == (1, 264600) for stem in stems.values())
    mixture = sum(stem.astype(int) for stem in stems.values())
    assert np.abs(mixture).max() / 32768 < 10 ** (-1 / 20)
    assert max(np.abs(stem.astype(int)).max() for stem in stems.values()) < 32000


def test_loudness_is_a_mixing_engineers(rendered):
    _, stems = rendered
    level = {name: loudness(stem / 32768, 22050) for name, stem in stems.items()}
    mixture = sum(stem / 32768 for stem in stems.values())
    assert loudness(mixture, 22050) == pytest.approx(-15, abs=0.5)
    # No stem is buried, and the voice leads.
    assert all(-29 < value < -16 for value in level.values())
    assert level["vocals"] > level["other"] - 2.5
    assert level["vocals"] > level["bass"]


def test_stems_have_no_offset_and_no_clicks_at_their_ends(rendered):
    _, stems = rendered
    for stem in stems.values():
        x = stem[0] / 32768
        assert abs(x.mean()) < 1e-3
        assert np.abs(x[:5]).max() < 0.005
        assert np.abs(x[-20:]).max() < 0.005


def test_the_spectrum_reaches_from_bass_to_air(rendered):
    _, stems = rendered
    x = sum(stem[0] / 32768 for stem in stems.values())
    power = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(len(x), 1 / 22050)
    octave = {
        low: 10 * np.log10(power[(f >= low) & (f < 2 * low)].sum() / power.sum())
        for low in (60, 250, 1000, 4000)
    }
    assert -16 < octave[60] < -2
    assert -14 < octave[250] < -2
    assert -22 < octave[1000] < -5
    assert -28 < octave[4000] < -8
    assert power[f < 20].sum() < 0.01 * power.sum()


def test_processes_render_the_same_bytes():
    here = compose("valid", 3, seed=0, duration=6.0)
    stems = render(here, rate=22050, channels=2, duration=6.0)
    digest = hashlib.sha256(b"".join(stem.tobytes() for stem in stems.values())).hexdigest()
    assert python("-c", DIGEST).stdout.strip() == digest


def test_other_processors_render_the_same_bytes():
    # NumPy has a way of its own for every kind of processor: forbid it all that it has here.
    features = " ".join(name for name in cpu.__cpu_dispatch__ if cpu.__cpu_features__[name])
    plain = {"NPY_DISABLE_CPU_FEATURES": features} if features else {}
    assert python("-c", DIGEST, **plain).stdout == python("-c", DIGEST).stdout != ""


def test_stereo_is_wide_where_it_should_be():
    score = compose("test", 1, seed=0, duration=6.0)
    stems = render(score, rate=22050, channels=2, duration=6.0)
    sides = {name: np.std(stem[0] / 2 - stem[1] / 2) / np.std(stem) for name, stem in stems.items()}
    assert sides["bass"] < 1e-3
    assert sides["other"] > 0.1
    assert sides["drums"] > 0.02


def test_the_voice_can_be_raised():
    score = compose("test", 2, seed=0, duration=6.0)
    options = {"rate": 22050, "channels": 1, "duration": 6.0}

    def lead(stems):
        rest = sum(stems[name].astype(float) for name in STEMS if name != "vocals")
        return loudness(stems["vocals"] / 1.0, 22050) - loudness(rest, 22050)

    difference = lead(render(score, **options, vocals_db=3.0)) - lead(render(score, **options))
    assert difference == pytest.approx(3.0, abs=0.2)


def test_written_mixtures_are_the_sum_of_their_stems(small_set):
    from common.data.files import read_audio

    for split in ("train", "valid", "test", "stereo", "unseen"):
        songs = load_songs(split, root=small_set, channels=2 if split == "stereo" else 1)
        for path, song in zip(songs.paths, songs, strict=True):
            mixture, rate = read_audio(path / "mixture.wav")
            assert rate == song.rate
            assert np.array_equal(mixture, song.mixture)


def test_voices_rest_as_in_songs():
    shares = []
    for number in range(0, 20, 2):
        score = compose("train", number, seed=0, duration=12.0)
        sung = sum(note.end - note.start for note in score.sung)
        shares.append(1 - sung / 12)
    assert 0.15 < np.mean(shares) < 0.5


def test_rests_are_measured(small_set):
    assert all(0 <= rests(song) < 0.8 for song in load_songs("train", root=small_set))


# What a few songs of each version of the generator hash to. A change of the sound needs a new
# version, so that nobody goes on with an old set without knowing: raise it, and add a line.
FINGERPRINTS = {"4": "a755ce3287ac8b35"}


def test_another_sound_is_another_version():
    digest = hashlib.sha256()
    for split, number in (("train", 1), ("valid", 6), ("test", 9), ("unseen", 2)):
        score = compose(split, number, seed=0, duration=6.0)
        stems = render(score, rate=22050, channels=1, duration=6.0)
        digest.update(b"".join(stem.tobytes() for stem in stems.values()))
    assert FINGERPRINTS[VERSION] == digest.hexdigest()[:16]
