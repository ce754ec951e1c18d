"""The splits share no singer, preset, chord loop or lyric line."""

from itertools import combinations

import numpy as np
import pytest

from common.data.generator import cast, lyrics, theory
from common.data.generator.instruments import FAMILIES, SINGER
from common.data.generator.score import compose
from common.data.generator.styles import STYLES, UNSEEN_STYLES
from common.data.generator.synths import Tone

SONGS = {"train": 60, "valid": 20, "test": 20, "clips": 8, "unseen": 12}


@pytest.fixture(scope="module")
def scores():
    """What is written for each split; nothing is rendered."""
    return {
        split: [compose(split, number, seed=0, duration=12.0) for number in range(count)]
        for split, count in SONGS.items()
    }


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_presets_of_different_splits_differ_in_their_parameters(family):
    split_points = {
        split: np.array([preset.point for preset in cast.presets(family, split)])
        for split in cast.SPLITS
    }
    for one, other in combinations(split_points.values(), 2):
        distances = np.linalg.norm(one[:, None] - other, axis=-1)
        assert distances.min() >= family.distance


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_presets_stay_in_their_ranges(family):
    for split in cast.SPLITS:
        for preset in cast.presets(family, split):
            assert all(0 <= u <= 1 for u in preset.point)
            for name, (low, high) in family.ranges.items():
                if (family, name) != (SINGER, "tract"):
                    assert low <= preset.values[name] <= high


def test_no_parameter_of_an_instrument_is_silent():
    # A preset that differs in a parameter that nobody hears would differ in name only.
    for family in FAMILIES:
        if family.play is None:
            continue
        preset = cast.presets(family, "train")[0]
        for name, (low, high) in family.ranges.items():
            sounds = []
            for value in (low, high):
                tone = Tone(48.0, 0.6, 0.8, 22050, np.random.default_rng(0))
                sounds.append(family.play({**preset.values, name: value}, tone))
            shortest = min(map(len, sounds))
            difference = sounds[0][:shortest] - sounds[1][:shortest]
            if name != "drive" or family.name != "electric guitar":  # That is in its amplifier.
                assert np.std(difference) > 0.01 * np.std(sounds[0]), (family.name, name)


def test_singers_have_names_of_their_own():
    names = [singer.name for split in cast.SPLITS for singer in cast.presets(SINGER, split)]
    assert len(set(names)) == len(names) == sum(cast.SINGERS.values())


def test_spread_says_when_there_is_no_room():
    with pytest.raises(ValueError, match="expected 9 points"):
        cast.spread("crowd", 9, 1, 0.9)


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match="choose one of train, valid"):
        cast.presets(SINGER, "dev")


@pytest.mark.parametrize("mode", theory.FOLLOWS)
def test_chord_loops_are_divided(mode):
    for one, other in combinations(cast.SPLITS, 2):
        ours = {theory.canonical(loop) for loop in cast.loops(mode, one)}
        for other_mode in theory.FOLLOWS:
            theirs = {theory.canonical(loop) for loop in cast.loops(other_mode, other)}
            assert not ours & theirs
    assert all(len(cast.loops(mode, split)) >= 2 for split in cast.SPLITS)


def test_songs_of_different_splits_share_nothing(scores):
    def used(split):
        for score in scores[split]:
            yield from (("loop", theory.canonical(loop)) for loop in score.loops)
            yield from (("line", line.text) for line in score.lines)
            yield ("singer", score.singer.name)
            presets = (score.kit, score.bass, *(preset for _, preset in score.instruments))
            yield from (("preset", preset.name) for preset in presets)

    things = {split: set(used(split)) for split in scores}
    for one, other in combinations(things, 2):
        assert not things[one] & things[other]


def test_every_split_has_all_styles_and_singers(scores):
    for split in ("train", "valid", "test", "unseen"):
        styles = UNSEEN_STYLES if split == "unseen" else STYLES
        assert {score.style.name for score in scores[split]} == {style.name for style in styles}
        assert {score.singer for score in scores[split]} == set(cast.presets(SINGER, split))


def test_unseen_songs_have_another_kind_of_voice_and_other_styles():
    assert {style.voice for style in UNSEEN_STYLES}.isdisjoint({style.voice for style in STYLES})
    assert not {style.name for style in UNSEEN_STYLES} & {style.name for style in STYLES}


def test_songs_differ(scores):
    everything = [score for split in scores.values() for score in split]
    assert len({score.key for score in everything}) > 30
    assert len({score.form.sections for score in everything}) > 12
    assert len({round(score.tempo) for score in everything}) > 25
    tunes = {tuple(note.pitch for note in score.sung) for score in everything}
    assert len(tunes) == len(everything)


def test_lines_belong_to_one_split_each():
    rng = np.random.default_rng(0)
    for split in cast.SPLITS:
        for count in (3, 7, 11):
            line = lyrics.write_line(split, count, rng)
            assert lyrics.split_of_line(line.text) == split
            assert len(line.syllables) == count
            assert lyrics.pronounce(line.text) == line
    with pytest.raises(ValueError, match="3 to 11 syllables"):
        lyrics.write_line("train", 12, rng)
