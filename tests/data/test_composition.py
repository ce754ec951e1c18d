"""What is written is music: in key, in time, in range."""

import numpy as np
import pytest

from common.data.generator.form import STEPS
from common.data.generator.lyrics import LEXICON
from common.data.generator.phones import VOWELS, parts
from common.data.generator.score import compose
from common.data.generator.styles import STYLES, UNSEEN_STYLES
from common.data.generator.theory import Key, voicing

NUMBERS = range(24)


@pytest.fixture(scope="module", params=NUMBERS)
def score(request):
    return compose("train", request.param, seed=3, duration=12.0)


def test_all_notes_are_in_key(score):
    scale = {score.key.pitch(degree) % 12 for degree in range(7)}
    notes = [*score.bass_notes, *(note for notes in score.part_notes for note in notes)]
    assert {round(note.pitch) % 12 for note in (*notes, *score.sung)} <= scale


def test_the_bass_plays_the_root_where_a_bar_begins(score):
    for bar in range(len(score.form.sections)):
        start = score.form.clock.time(bar)
        for note in score.bass_notes:
            if abs(note.start - start) < 0.015:
                root = score.key.pitch(score.form.chord(bar)) % 12
                assert round(note.pitch) % 12 == root


def test_drums_and_bass_are_together(score):
    clock = score.form.clock
    bars = len(score.form.sections)
    grid = np.array([clock.time(bar, step) for bar in range(bars + 1) for step in range(STEPS)])
    for event in (*score.hits, *score.bass_notes):
        assert np.abs(grid - event.start).min() < 0.015


def test_the_melody_can_be_sung(score):
    pitches = np.array([note.pitch for note in score.sung])
    register = score.singer.values["register"]
    assert np.all(np.abs(pitches - register) < 16)
    assert 40 < pitches.min() <= pitches.max() < 84
    for note, following in zip(score.sung, score.sung[1:], strict=False):
        assert note.start < note.end <= following.start + 1e-6
    syllables = [syllable for line in score.lines for syllable in line.syllables]
    assert [note.syllable for note in score.sung] == syllables


def test_strong_notes_of_the_melody_belong_to_the_chord(score):
    clock = score.form.clock
    for note in score.sung:
        for bar in range(len(score.form.sections)):
            if abs(note.start - clock.time(bar)) < 1e-6:
                chord = score.key.chord(score.form.chord(bar))
                assert round(note.pitch) % 12 in chord


def test_a_song_has_sections_and_fits(score):
    form = score.form
    assert set(form.sections) <= set("IVC")
    assert {"V", "C"} <= set(form.sections)
    end = form.clock.time(len(form.sections))
    assert end + form.ending == pytest.approx(12.0)
    assert 55 < score.tempo < 190


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_an_early_voice_starts_within_the_first_second(style):
    score = compose("clips", 1, seed=0, duration=8.0, early=True, style=style)
    assert score.sung[0].start < 1.0


@pytest.mark.parametrize("style", STYLES + UNSEEN_STYLES, ids=lambda style: style.name)
def test_grids_are_a_bar_long(style):
    grids = [grid for beat in (*style.beats, *style.chorus_beats) for grid in beat.values()]
    grids += [*style.figures, *(part.grid for part in style.parts if part.grid)]
    assert all(len(grid) == STEPS for grid in grids)


def test_equal_seeds_write_equal_songs():
    one, other = (compose("train", 5, seed=1, duration=12.0) for _ in range(2))
    assert one.describe() == other.describe()
    assert one.sung == other.sung
    assert compose("train", 5, seed=2, duration=12.0).sung != one.sung


def test_every_word_can_be_pronounced():
    for word, sounds in LEXICON.items():
        for syllable in sounds.split(" - "):
            phones = tuple(syllable.split())
            assert sum(phone in VOWELS for phone in phones) == 1, word
            parts(phones)


def test_chords_are_stacked_thirds_near_their_place():
    c_major = Key(0, "major")
    assert c_major.name == "C major"
    assert c_major.chord(0) == (0, 4, 7)
    assert c_major.chord(4, size=4) == (7, 11, 2, 5)
    assert Key(9, "minor").chord(0) == (9, 0, 4)
    first = voicing(c_major.chord(0), 60)
    second = voicing(c_major.chord(5), 60, first)
    # C and A minor share two notes, which stay where they are.
    assert len(set(first) & set(second)) == 2
