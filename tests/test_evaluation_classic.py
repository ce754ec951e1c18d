"""The classic methods: each finds what its assumption says, on sounds made for it."""

from __future__ import annotations

import numpy as np
import pytest

from common.data import Song
from common.evaluation import classic, si_sdr
from common.seed import rng

pytestmark = pytest.mark.slow  # import nussl takes seconds

RATE = 22050
SECONDS = 6
TIME = np.arange(SECONDS * RATE) / RATE
MONO = (
    classic.high_pass,
    classic.hpss,
    classic.repet,
    classic.repet_sim,
    classic.ft2d,
    classic.nmf,
    classic.nmf_told,
)


def song(vocals, other, **stems) -> Song:
    stems = {"vocals": vocals, "other": other, **stems}
    stems = {name: np.atleast_2d(x).astype(np.float32) for name, x in stems.items()}
    return Song("made", RATE, stems, "", "")


def voice() -> np.ndarray:
    """A harmonic tone that trembles and glides, in syllables of 0.4 s with rests between."""
    pitch = 330 * 2 ** (0.15 * np.sin(2 * np.pi * 0.31 * TIME))
    pitch *= 1 + 0.02 * np.sin(2 * np.pi * 5.5 * TIME)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 9))
    return 0.1 * tone * ((TIME / 0.53) % 1 < 0.75)


def chords() -> np.ndarray:
    """Steady tones."""
    return 0.1 * sum(np.sin(2 * np.pi * f * TIME) for f in (220, 277, 370, 440, 554))


def beats(period: float = 0.5) -> np.ndarray:
    """The same burst of noise again and again."""
    burst = rng("classic", "burst").standard_normal(round(period * RATE))
    burst *= np.exp(-np.arange(burst.size) / (0.02 * RATE))
    return 0.4 * np.resize(burst, TIME.size)


def loop(period: float = 1.6) -> np.ndarray:
    """Notes and bursts that come again after one period, and differ within it."""
    draw = rng("classic", "loop")
    notes = [draw.choice([262, 311, 349, 392, 523], 2, replace=False) for _ in range(4)]
    parts = np.array_split(np.arange(round(period * RATE)) / RATE, 4)
    bar = np.concatenate(
        [
            sum(np.sin(2 * np.pi * f * t) for f in note) * np.exp(-8 * (t - t[0]))
            + np.exp(-80 * (t - t[0])) * draw.standard_normal(t.size)
            for note, t in zip(notes, parts, strict=True)
        ]
    )
    return 0.2 * np.resize(bar, TIME.size)


def gain(method, made: Song, **options) -> float:
    """By how many dB a method beats the mixture, in SI-SDR."""
    vocals = made.source("vocals")
    return si_sdr(method(made, **options), vocals) - si_sdr(made.mixture, vocals)


def test_high_pass_leaves_a_bass_behind():
    made = song(voice(), 0.5 * np.sin(2 * np.pi * 60 * TIME))
    assert gain(classic.high_pass, made) > 20
    assert abs(gain(classic.high_pass, made, cutoff=20)) < 0.1


def test_hpss_takes_the_voice_from_between_chords_and_strokes():
    for accompaniment in (chords(), beats(), chords() + beats()):
        assert gain(classic.hpss, song(voice(), accompaniment)) > 5


def test_hpss_takes_a_held_tone_for_a_chord():
    held = 0.1 * sum(np.sin(2 * np.pi * 330 * k * TIME) / k for k in range(1, 9))
    moving = gain(classic.hpss, song(voice(), beats()))
    assert gain(classic.hpss, song(held, beats())) < moving - 10


@pytest.mark.parametrize("method", [classic.repet, classic.repet_sim, classic.ft2d])
def test_what_comes_again_is_accompaniment(method):
    assert gain(method, song(voice(), loop(0.4))) > 7


def test_repet_finds_a_long_period_where_the_others_do_not():
    made = song(voice(), loop(1.6))
    assert gain(classic.repet, made) > 5
    assert gain(classic.repet, made) > max(gain(classic.repet_sim, made), gain(classic.ft2d, made))


def test_repet_sim_needs_no_period():
    size = 17 * 256  # a fifth of a second, in whole hops
    pieces = np.array([loop()[:size], loop()[2 * size : 3 * size]])
    order = rng("classic", "order").integers(2, size=TIME.size // size + 1)
    made = song(voice(), 3 * pieces[order].ravel()[: TIME.size])
    assert gain(classic.repet_sim, made) > 8
    assert gain(classic.repet_sim, made) > gain(classic.repet, made) + 3


def test_repet_lets_through_what_never_comes_again():
    glide = np.sin(2 * np.pi * np.cumsum(300 * 2 ** (TIME / SECONDS)) / RATE)
    assert gain(classic.repet, song(voice(), loop())) > gain(
        classic.repet, song(voice(), 0.2 * glide)
    )


def test_nmf_leaves_bass_and_cymbals_behind():
    hiss = np.diff(rng("classic", "hiss").standard_normal(TIME.size + 1))
    cymbal = 0.1 * np.diff(hiss, append=0) * ((TIME / 0.5) % 1 < 0.1)
    bass = 0.3 * sum(np.sin(2 * np.pi * 55 * k * TIME) / k**2 for k in (1, 2, 3))
    tone = 0.1 * sum(np.sin(2 * np.pi * 440 * k * TIME) / k for k in range(1, 9))
    tone *= (TIME / 0.7) % 1 < 0.6
    made = song(tone, bass, drums=cymbal)
    assert gain(classic.nmf, made) > 10


def test_nmf_that_is_told_the_answer_parts_what_lies_at_one_height():
    t = TIME % 0.5
    plucked = 0.2 * sum(np.sin(2 * np.pi * 523 * k * t) / k for k in range(1, 6)) * np.exp(-9 * t)
    made = song(voice(), plucked)
    assert gain(classic.nmf_told, made) > gain(classic.nmf, made) + 1


def test_only_the_told_nmf_reads_the_answer():
    true, none = song(voice(), chords()), song(0 * TIME, voice() + chords())
    for method in MONO:
        same = np.allclose(method(true), method(none), atol=1e-5)
        assert same == (method is not classic.nmf_told), method.__name__


def test_duet_takes_what_stands_in_the_middle():
    left, right = np.array([[1.0], [0.35]]), np.array([[0.35], [1.0]])
    for side in (left, right):
        made = song(np.stack([voice(), voice()]), side * (chords() + beats()))
        assert gain(classic.duet, made) > 6


def test_duet_has_nothing_to_go_by_in_one_place():
    one = song(*(np.stack([x, x]) for x in (voice(), loop())))
    np.testing.assert_allclose(classic.duet(one), classic.high_pass(one), atol=1e-5)


@pytest.mark.parametrize("method", [*MONO, classic.duet])
def test_shape_type_and_equal_runs(method):
    stereo = song(
        np.stack([voice(), 0.7 * voice()]), np.stack([0.5 * chords(), chords()]), bass=[[0], [0]]
    )
    first, second = method(stereo), method(stereo)
    assert first.shape == stereo.mixture.shape and first.dtype == np.float32
    assert np.isfinite(first).all() and np.abs(first).max() > 0
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("method", MONO)
def test_a_channel_is_separated_as_if_it_were_alone(method):
    vocals, other = np.stack([voice(), 0 * TIME]), np.stack([chords(), beats()])
    both = method(song(vocals, other))
    for c in range(2):
        np.testing.assert_allclose(both[c], method(song(vocals[c], other[c]))[0], atol=1e-6)


@pytest.mark.parametrize(
    ("method", "channels"), [*((m, c) for m in MONO for c in (1, 2)), (classic.duet, 2)]
)
def test_silence_gives_silence(method, channels):
    silent = song(np.zeros((channels, TIME.size)), np.zeros((channels, TIME.size)))
    estimate = method(silent)
    assert estimate.shape == silent.mixture.shape and not estimate.any()


@pytest.mark.parametrize("method", MONO)
def test_a_song_that_begins_in_silence(method):
    late = TIME > SECONDS / 2
    estimate = method(song(voice() * late, (chords() + beats()) * late))
    assert np.isfinite(estimate).all() and np.abs(estimate).max() > 0


@pytest.mark.parametrize(
    ("method", "seconds"),
    [
        (classic.repet, 4.0),
        (classic.repet_sim, 1.0),
        (classic.ft2d, 0.04),
        (classic.nmf, 0.2),
        (classic.nmf_told, 0.2),
        (classic.duet, 0.04),
    ],
)
def test_what_is_too_short_is_refused(method, seconds):
    stereo = song(*(np.stack([x, x]) for x in (voice(), chords())))
    with pytest.raises(ValueError, match=rf"{method.__name__.split('_')[0]}.*'made': expected at"):
        method(stereo.excerpt(0, seconds))


@pytest.mark.parametrize("method", [classic.high_pass, classic.hpss])
@pytest.mark.parametrize("samples", [1, 100, 3000])
def test_filters_take_any_length(method, samples):
    noise = 0.1 * rng("classic", samples).standard_normal(samples)
    made = song(noise, 0 * noise)
    first = method(made)
    assert first.shape == (1, samples) and np.isfinite(first).all()
    np.testing.assert_array_equal(first, method(made))


def test_duet_wants_two_channels():
    with pytest.raises(ValueError, match="two channels to compare, got 1; load it with channels=2"):
        classic.duet(song(voice(), chords()))
