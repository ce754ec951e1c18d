"""Mixtures hold what was asked of them, and an example is the same whoever makes it."""

import numpy as np
import pytest
from torch.utils.data import DataLoader

from common.data import STEMS, Song, load_songs
from common.data.mixing import Mixer, Recipe

RATE = 8000
COUNT = 1000


def song(name, *, seconds=4.0, channels=1, rate=RATE):
    """A song whose every sample tells its song, stem, channel and place."""
    number = sum(map(ord, name))
    place = np.arange(round(seconds * rate)) / rate
    stems = {
        stem: np.stack([0.2 * np.sin(2 * np.pi * (50 + 10 * number % 400 + 7 * n + c) * place)
                        for c in range(channels)]).astype(np.float32)
        for n, stem in enumerate(STEMS)
    }  # fmt: skip
    return Song(name, rate, stems, "CC0", "nobody")


@pytest.fixture(scope="module")
def songs():
    return [song(name) for name in "abcdef"]


@pytest.fixture(scope="module")
def wide(songs):
    """Mixtures with everything random but pitch and tempo."""
    recipe = Recipe(duration=1.0, coherent=0.3, gain=(-9, 3), level=(-20, 0), swap=0.25)
    return Mixer(songs, recipe, seed=1)


def test_a_mixture_is_the_sum_of_its_sources(wide):
    for number in range(20):
        mixture, sources, own = wide[number]
        assert (mixture.shape, sources.shape, own) == ((1, RATE), (2, 1, RATE), number)
        assert mixture.dtype == sources.dtype == np.float32
        np.testing.assert_allclose(mixture, sources.sum(axis=0), atol=1e-6)


def test_statistics_are_those_of_the_recipe(wide):
    """Four standard deviations of the mean of 1,000 draws: a chance of 1 in 16,000 each."""
    plans = [wide.plan(number) for number in range(COUNT)]
    one_song = np.mean([len({(p.song, p.start) for p in plan}) == 1 for plan in plans])
    assert abs(one_song - 0.3) < 4 * np.sqrt(0.3 * 0.7 / COUNT)
    gains = np.array([[p.gain for p in plan] for plan in plans])
    between = gains - gains.mean(axis=1, keepdims=True)  # without the level
    variance = 12**2 / 12 * 3 / 4  # of an even draw, less the mean of four
    assert np.var(between) == pytest.approx(variance, rel=0.1)
    level = gains.mean(axis=1)
    assert abs(level.mean() - (-3 - 10)) < 4 * np.sqrt((12**2 / 12 / 4 + 20**2 / 12) / COUNT)
    assert gains.min() >= -29 and gains.max() <= 3
    swaps = np.mean([p.swap for plan in plans for p in plan])
    assert abs(swaps - 0.25) < 4 * np.sqrt(0.25 * 0.75 / (4 * COUNT))
    starts = np.array([p.start for plan in plans for p in plan])
    assert starts.min() >= 0 and starts.max() <= 3 * RATE
    assert abs(starts.mean() - 1.5 * RATE) < 4 * 3 * RATE / np.sqrt(12 * COUNT)
    for stem in range(len(STEMS)):
        counts = np.unique([plan[stem].song for plan in plans], return_counts=True)[1]
        assert len(counts) == 6 and np.all(abs(counts - COUNT / 6) < 4 * np.sqrt(COUNT * 5 / 36))


def test_what_sounds_is_what_was_planned(songs, wide):
    by_name = {song.name: song for song in songs}
    for number in range(20):
        parts = wide.plan(number)
        expected = {
            part.stem: by_name[part.song].stems[part.stem][:, part.start : part.start + RATE]
            * 10 ** (part.gain / 20)
            for part in parts
        }
        mixture, (vocals, accompaniment), _ = wide[number]
        np.testing.assert_allclose(vocals, expected["vocals"], atol=1e-4)
        np.testing.assert_allclose(accompaniment, mixture - vocals, atol=1e-6)
        np.testing.assert_allclose(mixture, sum(expected.values()), atol=2e-4)


@pytest.mark.parametrize("coherent", [0.0, 1.0])
def test_coherent_mixtures_are_excerpts_of_songs(songs, coherent):
    mixer = Mixer(songs, Recipe(duration=1.0, coherent=coherent, gain=(0, 0)))
    places = [{(p.song, p.start) for p in mixer.plan(number)} for number in range(50)]
    assert {len(place) for place in places} <= ({1} if coherent else {2, 3, 4})


def test_the_channels_of_a_swapped_stem_change_places():
    stereo = [song("s", channels=2)]
    for swap in (0.0, 1.0):
        mixer = Mixer(stereo, Recipe(duration=1.0, coherent=1.0, gain=(0, 0), swap=swap))
        part = mixer.plan(0)[3]
        expected = stereo[0].stems["vocals"][:, part.start : part.start + RATE]
        expected = expected[::-1] if swap else expected
        np.testing.assert_allclose(mixer.render(part), expected, atol=1e-4)


def peak(x):
    """Frequency in Hz of the strongest partial."""
    spectrum = np.abs(np.fft.rfft(x * np.hanning(x.size)))
    return spectrum.argmax() * RATE / x.size


def test_pitch_and_tempo_change_what_they_say():
    recipe = Recipe(duration=1.0, coherent=1.0, semitones=(4, 4), tempo=(1.25, 1.25))
    mixer, plain = (Mixer([song("s")], r) for r in (recipe, Recipe(duration=1.0)))
    for drums, vocals in ((mixer.plan(n)[0], mixer.plan(n)[3]) for n in range(3)):
        assert drums.semitones == 0 and vocals.semitones == 4 and vocals.tempo == 1.25
        before = peak(plain.render(plain.plan(0)[3])[0])
        assert peak(mixer.render(vocals)[0]) == pytest.approx(before * 2 ** (4 / 12), rel=0.01)
        assert mixer.render(vocals).shape == (1, RATE)
        before = peak(plain.render(plain.plan(0)[0])[0])
        assert peak(mixer.render(drums)[0]) == pytest.approx(before, rel=0.01)


@pytest.mark.parametrize("tempo", [(0.97, 1.0), (1.0, 1.03), (0.9, 1.1)])
def test_a_change_of_tempo_stays_inside_the_song(tempo):
    """Also just below 1, where it needs more of the song than at 1 itself."""
    recipe = Recipe(duration=1.0, tempo=tempo)
    needed = 1.1 * max(tempo)
    with pytest.raises(ValueError, match=rf"a: expected at least {needed:.1f} s"):
        Mixer([song("a", seconds=1.02)], recipe)
    mixer = Mixer([song("a", seconds=needed + 0.01)], recipe)
    for number in range(20):
        assert min(part.start for part in mixer.plan(number)) >= 0
        assert mixer[number].mixture.shape == (1, RATE)


def batches(mixer, sampler, workers):
    loader = DataLoader(mixer, batch_size=4, sampler=sampler, num_workers=workers)
    return {int(n): x.numpy() for b in loader for n, x in zip(b.number, b.mixture, strict=True)}


@pytest.mark.parametrize("effects", [{}, {"semitones": (-2, 2), "tempo": (0.9, 1.1)}])
def test_workers_ranks_and_order_change_nothing(songs, effects):
    mixer = Mixer(songs, Recipe(duration=1.0, **effects), seed=7)
    alone = batches(mixer, range(16), 0)
    together = batches(mixer, range(16), 2)
    ranks = batches(mixer, range(1, 16, 2), 1) | batches(mixer, range(0, 16, 2), 1)
    backwards = batches(Mixer(songs, mixer.recipe, seed=7), range(15, -1, -1), 0)
    for other in (together, ranks, backwards):
        assert other.keys() == alone.keys()
        assert all(np.array_equal(other[n], alone[n]) for n in alone)


def test_seeds_and_numbers_make_different_mixtures(songs):
    plans = {Mixer(songs, seed=seed).plan(n) for seed in (0, 1) for n in range(50)}
    assert len(plans) == 100


def test_songs_take_two_bytes_a_sample_and_lose_nothing_to_hear(songs):
    mixer = Mixer(songs, Recipe(duration=1.0, gain=(0, 0)))
    assert mixer.nbytes == 6 * len(STEMS) * 4 * RATE * 2
    loud = Song("loud", RATE, {n: 3 * x for n, x in songs[0].stems.items()} | {
        "vocals": 10 * songs[0].stems["vocals"]}, "CC0", "nobody")  # fmt: skip
    mixer = Mixer([loud], Recipe(duration=1.0, coherent=1.0, gain=(0, 0)))
    part = mixer.plan(0)[3]
    expected = loud.stems["vocals"][:, part.start : part.start + RATE]
    np.testing.assert_allclose(mixer.render(part), expected, atol=1e-4)


def test_nothing_of_validation_or_test_songs_leaks(small_set):
    mixer = Mixer(load_songs("train", root=small_set), Recipe(duration=1.0))
    used = {part.song for number in range(200) for part in mixer.plan(number)}
    assert used == set(load_songs("train", root=small_set).names)
    for split in ("valid", "test", "stereo", "unseen"):
        assert not used & set(load_songs(split, root=small_set).names)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": 0}, "duration: expected a number above 0"),
        ({"coherent": 1.5}, "coherent: expected a share"),
        ({"gain": (3, -3)}, r"gain: expected a range \(low, high\), got \(3, -3\)"),
        ({"tempo": (0.1, 1)}, "tempo: expected ratios from 0.5 to 2"),
        ({"level": (0, float("nan"))}, "level: expected a range"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**change)


def test_songs_that_do_not_fit_are_refused(songs):
    with pytest.raises(ValueError, match="one rate and number of channels, got none"):
        Mixer([])
    with pytest.raises(ValueError, match="one rate and number of channels"):
        Mixer([*songs, song("g", rate=16000)])
    with pytest.raises(ValueError, match=r"a: expected at least 9\.0 s .* got 4\.0 s"):
        Mixer(songs, Recipe(duration=9.0))
    for names in ("vocals", (), ("voice",)):
        with pytest.raises(ValueError, match="sources: expected for x some of drums, bass, other"):
            Mixer(songs, sources={"x": names})
    with pytest.raises(IndexError, match="0 or more"):
        Mixer(songs)[-1]
