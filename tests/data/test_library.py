"""One loader for clips, made songs, MUSDB18 and the real track."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from common.data import (
    STEMS,
    DataError,
    RealTrackLeftOut,
    Song,
    clip_names,
    load_clip,
    load_real_track,
    load_songs,
    musdb_root,
)
from common.data.clips import CLIPS, RECIPES, render_clip
from common.data.files import convert, read_audio
from common.data.library import read_stem_mp4
from tests.data.conftest import python

REAL = "The Easton Ellises - Falcon 69.stem.mp4"


def real_file() -> Path:
    return Path(find_spec("stempeg").submodule_search_locations[0]) / "data" / REAL


def test_a_song_knows_its_sources():
    stems = {name: np.full((1, 200), i, np.float32) for i, name in enumerate(STEMS, 1)}
    song = Song("x", 100, stems, "CC0", "nobody")
    assert np.all(song.mixture == 10)
    assert np.all(song.accompaniment == 6)
    assert np.all(song.source("vocals") == 4)
    assert song.source("mixture") is song.mixture
    assert song.duration == 2.0
    part = song.excerpt(0.5, 1.0)
    assert part.mixture.shape == (1, 100)
    assert (part.name, part.licence) == ("x", "CC0")
    with pytest.raises(ValueError, match="no source 'piano'; choose one of drums"):
        song.source("piano")
    with pytest.raises(ValueError, match=r"lasts 2.00 s; 1.5 s to 2.5 s leaves it"):
        song.excerpt(1.5, 1.0)
    with pytest.raises(ValueError, match="duration: expected"):
        song.excerpt(0, 0)


@pytest.mark.parametrize("name", clip_names())
def test_clips_load(name):
    song = load_clip(name)
    assert song.duration == 8.0
    assert song.rate == 22050
    assert set(song.stems) == set(STEMS)
    assert all(x.dtype == np.float32 and x.shape == (1, 176400) for x in song.stems.values())
    assert 0.5 < np.abs(song.mixture).max() < 10 ** (-1 / 20)
    # The voice is there within the first second.
    assert np.abs(song.source("vocals")[:, :22050]).max() > 0.05
    assert song.licence == "CC BY 4.0"
    assert "Hear the Mask" in song.attribution


@pytest.mark.parametrize("name", clip_names())
def test_clips_are_what_the_generator_makes(name):
    stems, info = render_clip(name)
    assert json.loads((CLIPS / name / "clip.json").read_text(encoding="utf-8")) == info
    for stem, audio in stems.items():
        committed, rate = read_audio(CLIPS / name / f"{stem}.flac")
        assert rate == 22050
        # Another processor may round one sample in a million the other way.
        difference = np.abs(committed * 32768 - audio)
        assert difference.max() <= 8
        assert np.mean(difference > 0) < 1e-4


@pytest.mark.parametrize("name", clip_names())
def test_clips_are_small(name):
    assert sum(path.stat().st_size for path in (CLIPS / name).iterdir()) < 1_000_000


def test_two_clips_are_in_stereo():
    assert sorted(recipe.channels for recipe in RECIPES.values()) == [1, 1, 2, 2]
    song = load_clip("night-signal", rate=44100, channels=2)
    assert song.mixture.shape == (2, 352800)
    left, right = song.source("other")
    assert not np.allclose(left, right, atol=0.01)
    with pytest.raises(ValueError, match="no clip 'nothing'; choose one of harbour-lights"):
        load_clip("nothing")


def test_rates_and_channels_are_converted():
    tone = np.sin(2 * np.pi * 440 * np.arange(44100) / 44100).astype(np.float32)
    stereo = np.stack([tone, 0 * tone])
    half = convert(stereo, 44100, to_rate=22050, channels=1)
    assert half.shape == (1, 22050)
    assert half.dtype == np.float32
    assert np.allclose(half[0, 1000:-1000], 0.5 * tone[::2][1000:-1000], atol=1e-3)
    both = convert(half, 22050, to_rate=22050, channels=2)
    assert np.array_equal(both[0], both[1])
    with pytest.raises(ValueError, match="channels: expected 1 or 2, got 6"):
        convert(half, 22050, to_rate=22050, channels=6)


def test_splits_load(small_set):
    counts = {split: len(load_songs(split, root=small_set)) for split in ("train", "valid", "test")}
    assert counts == {"train": 3, "valid": 1, "test": 2}
    train, valid = load_songs("train", root=small_set), load_songs("valid", root=small_set)
    assert not set(train.names) & set(valid.names)
    song = train[0]
    assert song.name == train.names[0]
    assert song.mixture.shape == (1, 132300)
    assert song.info["split"] == "train"
    assert [s.name for s in train[:2]] == train.names[:2]
    assert "3 songs" in repr(train)
    stereo = load_songs("stereo", root=small_set, channels=2, rate=16000)
    assert stereo[0].mixture.shape == (2, 96000)


def test_the_made_set_is_made_when_it_is_missing(monkeypatch, tmp_path):
    from common.data import Settings, library
    from common.data.make import make_songs

    monkeypatch.setattr(
        library,
        "make_songs",
        lambda: make_songs(
            tmp_path / "made", Settings(duration=6.0, train=1, valid=0, test=0, stereo=0, unseen=0)
        ),
    )
    assert len(load_songs("train")) == 1


def test_wrong_requests_are_clear(tmp_path):
    with pytest.raises(ValueError, match="no split 'dev'; choose one of train, valid, test"):
        load_songs("dev", root=tmp_path)
    with pytest.raises(DataError, match=r"expected a set of songs.*found neither"):
        load_songs("train", root=tmp_path)
    with pytest.raises(DataError, match="found no such folder"):
        load_songs("train", root=tmp_path / "nowhere")


def test_musdb_path_is_a_choice(monkeypatch, tmp_path):
    monkeypatch.delenv("MUSDB_PATH", raising=False)
    assert musdb_root() is None
    monkeypatch.setenv("MUSDB_PATH", str(tmp_path))
    assert musdb_root() == tmp_path


@pytest.mark.filterwarnings("ignore")
def test_musdb_opens_the_made_set(small_set):
    from common.compat import musdb

    train = musdb.DB(str(small_set), is_wav=True, subsets="train")
    assert len(train) == 4
    options = {"is_wav": True, "setup_file": "mus.yaml", "subsets": "train"}
    valid = musdb.DB(str(small_set), **options, split="valid")
    assert [track.name for track in valid] == load_songs("valid", root=small_set).names
    ours = load_songs("test", root=small_set)
    for track, song in zip(
        musdb.DB(str(small_set), is_wav=True, subsets="test"), ours, strict=True
    ):
        assert track.name == song.name
        assert np.allclose(track.targets["vocals"].audio.T, song.source("vocals"), atol=1e-6)
        assert np.allclose(track.audio.T, song.mixture, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_nussls_hook_opens_the_made_set(small_set):
    from common.compat import nussl

    dataset = nussl.datasets.MUSDB18(folder=str(small_set), is_wav=True, subsets=["test"])
    item = dataset[0]
    song = load_songs("test", root=small_set)[0]
    assert len(dataset) == 2
    assert np.allclose(item["mix"].audio_data, song.mixture, atol=1e-6)
    assert set(item["sources"]) == set(STEMS)


def test_musdbs_own_format_loads(tmp_path):
    for name in ("train/A - One", "train/Clara Berry And Wooldog - Waltz For My Victims"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(real_file(), tmp_path / f"{name}.stem.mp4")
    train, valid = load_songs("train", root=tmp_path), load_songs("valid", root=tmp_path)
    assert train.names == ["A - One"]
    # Without a mus.yaml the validation songs are those that musdb lists.
    assert valid.names == ["Clara Berry And Wooldog - Waltz For My Victims"]
    song = train[0]
    assert song.rate == 22050
    assert 5.5 < song.duration < 6.5
    assert "MUSDB18" in song.attribution


def test_a_broken_stem_file_is_a_clear_error(tmp_path):
    path = tmp_path / "x.stem.mp4"
    path.write_bytes(real_file().read_bytes()[:5000])
    with pytest.raises(DataError, match=r"expected (a stem.mp4 file|5 streams)"):
        read_stem_mp4(path)


def test_the_real_track_loads(monkeypatch):
    monkeypatch.delenv("HEAR_THE_MASK_REAL_TRACK", raising=False)
    song = load_real_track(rate=44100, channels=2)
    whole = read_stem_mp4(real_file())["vocals"][0]
    assert song.mixture.shape == (2, whole.shape[-1] - 2048 - 4096)
    assert np.allclose(song.mixture, sum(song.stems.values()))
    assert np.abs(song.mixture).max() <= 0.9
    assert "CC BY-NC-SA 3.0" in song.attribution
    assert load_real_track().mixture.shape[0] == 1


def test_one_setting_leaves_the_real_track_out(monkeypatch):
    monkeypatch.setenv("HEAR_THE_MASK_REAL_TRACK", "0")
    with pytest.raises(RealTrackLeftOut, match="HEAR_THE_MASK_REAL_TRACK is 0"):
        load_real_track()


def test_importing_costs_little():
    script = (
        "import sys, common.data; "
        "heavy = 'scipy soundfile torch librosa av musdb yaml tqdm common.data.generator.styles'; "
        "print([name for name in heavy.split() if name in sys.modules])"
    )
    assert python("-c", script).stdout.strip() == "[]"


def test_every_file_is_opened_where_it_can_be_seen(small_set):
    script = f"""
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from common.data import load_clip, load_songs
load_clip("harbour-lights")
load_songs("test", root={str(small_set)!r})[0]
for name in ("drums.flac", "vocals.flac", "clip.json", "bass.wav", "song.json"):
    assert any(path.endswith(name) for path in opened), name
"""
    ran = python("-c", script)
    assert ran.returncode == 0, ran.stderr
