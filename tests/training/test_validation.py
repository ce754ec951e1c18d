"""Songs are scored whole, between the static mask and the ceiling."""

import numpy as np
import pytest
import torch
from torch import nn

from common.data import Song
from common.evaluation import fit_static_mask, score_songs
from common.evaluation.baselines import CEILING, STATIC
from common.seed import rng
from common.stft import STFTConfig
from common.training import Validation

CONFIG = STFTConfig(window_length=256, hop=64)


def song(number, vocals=1.0):
    noise = rng("validation", number).normal(size=(4, 1, 3000)).astype(np.float32)
    stems = dict(zip(("drums", "bass", "other"), noise, strict=False))
    stems["bass"] = np.cumsum(stems["bass"], axis=1) / 30
    return Song(f"song {number}", 8000, {**stems, "vocals": vocals * noise[3]}, "", "")


class Told(nn.Module):
    """Returns the vocals of a song, with some of the mixture."""

    def __init__(self, songs, mixture):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.songs, self.mixture = songs, mixture

    def forward(self, x):
        for song in self.songs:
            if torch.equal(x[0], torch.from_numpy(song.mixture)):
                vocals = torch.from_numpy(song.source("vocals"))
                return torch.stack([torch.zeros_like(vocals), vocals + self.mixture * x[0]])[None]
        raise AssertionError("a song that is not one of these")


def separate(model, mixture):
    assert not torch.is_grad_enabled()
    return model(mixture)


@pytest.fixture(scope="module")
def songs():
    return [song(number) for number in range(3)]


@pytest.fixture(scope="module")
def table(songs):
    static = fit_static_mask(songs, config=CONFIG)

    def half(song):
        return song.source("vocals") + np.float32(0.5) * song.mixture

    return score_songs(songs, {"half": half}, static=static, config=CONFIG)


def test_scores_are_those_of_the_table(songs, table):
    validation = Validation(songs, songs, separate, source=1, config=CONFIG)
    scores = validation(Told(songs, 0.5))
    assert list(scores) == ["si_sdr", "share"]
    assert scores["si_sdr"] == pytest.approx(table.mean("half"), abs=1e-4)
    assert scores["share"] == pytest.approx(table.share("half").value, abs=1e-4)


def test_static_mask_and_ceiling_are_scored_once(songs, table):
    validation = Validation(songs, songs, separate, source=1, config=CONFIG)
    assert np.array_equal(validation.static, table.scores(STATIC))
    assert np.array_equal(validation.ceiling, table.scores(CEILING))


def test_a_song_without_vocals_is_left_out(songs):
    both = [*songs, song(9, vocals=0.0)]
    whole = Validation(songs, songs, separate, source=1, config=CONFIG)(Told(both, 0.5))
    more = Validation(both, songs, separate, source=1, config=CONFIG)(Told(both, 0.5))
    assert more == pytest.approx(whole)


def test_songs_without_any_vocals_are_refused():
    silent = [song(1, vocals=0.0)]
    with pytest.raises(
        ValueError, match="expected at least one to validate on that has vocals, go"
    ):
        Validation(silent, silent, separate, config=CONFIG)
