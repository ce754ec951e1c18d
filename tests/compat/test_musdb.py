"""musdb and stempeg read wav files and .stem.mp4 files without ffmpeg, and nussl's hook does."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from common.compat import musdb, nussl
from common.compat.loading import load
from common.compat.stempeg_io import programs_installed
from tests.compat.material import STEMS

stempeg = load("stempeg")
RATE = 44100


def snr(estimate, target) -> float:
    n = min(len(estimate), len(target))
    return 10 * np.log10(np.sum(target[:n] ** 2) / np.sum((target[:n] - estimate[:n]) ** 2))


def test_wav_tracks_are_read_exactly(musdb_root):
    root, stems = musdb_root
    database = musdb.DB(str(root), is_wav=True)
    assert [track.subset for track in database] == ["train", "test"]
    track = database[0]
    assert (track.name, track.title) == ("Some Artist - First", "First")
    assert (track.rate, track.samples, track.duration) == (RATE, 3 * RATE, 3.0)
    for name in STEMS:
        np.testing.assert_allclose(track.targets[name].audio, stems[name], atol=2**-15)
    rest = sum(stems[name] for name in STEMS[:3])
    np.testing.assert_allclose(track.targets["accompaniment"].audio, rest, atol=3 * 2**-15)
    assert track.stems.shape == (5, 3 * RATE, 2)


@pytest.mark.parametrize(("start", "duration"), [(0, 1.0), (1.25, 0.5), (2.5, None), (2.5, 9.0)])
def test_chunks_are_cut_at_the_sample(musdb_root, start, duration):
    root, _ = musdb_root
    track = musdb.DB(str(root), is_wav=True, subsets="train")[0]
    whole = track.audio
    track.chunk_start, track.chunk_duration = start, duration
    end = None if duration is None else round((start + duration) * RATE)
    np.testing.assert_array_equal(track.audio, whole[round(start * RATE) : end])


def test_stem_files_are_decoded(stem_root):
    root, stems = stem_root
    (track,) = musdb.DB(str(root))
    assert (track.rate, track.subset) == (RATE, "train")
    assert track.duration == pytest.approx(2.0, abs=0.05)
    assert track.stems.shape[0] == 5
    for name in ("bass", "vocals"):
        assert snr(track.targets[name].audio, stems[name]) > 20
    np.testing.assert_array_equal(track.stems[0], track.audio)


@pytest.mark.parametrize("start", [0.3, 2.75, 5.0])
def test_chunks_of_stem_files_equal_the_whole(start):
    path = stempeg.example_stem_path()
    whole, _ = stempeg.read_stems(path, stem_id=1)
    part, rate = stempeg.read_stems(path, stem_id=1, start=start, duration=0.7)
    first = round(start * rate)
    np.testing.assert_array_equal(part, whole[first : first + round(0.7 * rate)])


def test_the_example_track_is_described_as_ffprobe_does():
    info = stempeg.Info(stempeg.example_stem_path())
    assert info.nb_audio_streams == 5
    assert info.audio_stream_idx() == [0, 1, 2, 3, 4]
    assert info.nb_samples_streams == [268288] * 5
    assert (info.sample_rate(0), info.channels(0)) == (RATE, 2)
    assert info.duration(0) == pytest.approx(268288 / RATE, abs=1e-6)


def test_another_rate_is_resampled(musdb_root):
    root, stems = musdb_root
    track = musdb.DB(str(root), is_wav=True, subsets="train", sample_rate=22050)[0]
    bass = track.targets["bass"].audio
    assert len(bass) == pytest.approx(3 * 22050, abs=2)
    assert snr(bass[1000:-1000], stems["bass"][::2][1000:-1000]) > 40


@pytest.mark.parametrize(
    ("subtype", "expected"),
    [("FLOAT", [0.5, 1 - 2**-15, 3 / 32768]), ("PCM_24", [0.5, 1 - 2**-15, 2 / 32768])],
)
def test_other_encodings_come_as_16_bit_where_ffmpeg_gives_16_bit(tmp_path, subtype, expected):
    path = str(tmp_path / "x.wav")
    soundfile.write(path, np.array([0.5, 1.0 - 2**-23, 2.75 / 32768]), RATE, subtype=subtype)
    audio, _ = stempeg.read_stems(path, ffmpeg_format="s16le")
    np.testing.assert_allclose(audio, expected, atol=1e-9)
    audio, _ = stempeg.read_stems(path, dtype=np.float32)
    assert audio.dtype == np.float32
    np.testing.assert_allclose(audio[2], 2.75 / 32768, atol=2**-23)


# With ffmpeg, stempeg leaves its pipes open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_estimates_are_saved_as_wav_and_clipped(musdb_root, tmp_path):
    root, _ = musdb_root
    database = musdb.DB(str(root), is_wav=True, subsets="test")
    loud = np.array([[0.25, -0.25], [2.0, -2.0]])
    database.save_estimates({"vocals": loud}, database[0], str(tmp_path))
    written, rate = soundfile.read(tmp_path / "test" / database[0].name / "vocals.wav")
    assert rate == RATE
    np.testing.assert_allclose(written, np.clip(loud, -1, 1), atol=2**-15)


@pytest.mark.skipif(programs_installed(), reason="ffmpeg is installed, so stempeg uses it")
def test_what_needs_ffmpeg_says_so(tmp_path):
    with pytest.raises(RuntimeError, match="needs the programs ffmpeg and ffprobe"):
        stempeg.write_audio(str(tmp_path / "x.mp3"), np.zeros(100), RATE)
    with pytest.raises(RuntimeError, match="Writing stems needs the programs"):
        stempeg.write_stems(str(tmp_path / "x.stem.mp4"), np.zeros((2, 100, 2)))
    with pytest.raises(FileNotFoundError):
        stempeg.Info(str(tmp_path / "missing.wav"))


@pytest.mark.parametrize("layout", ["wav", "stem"])
def test_nussls_hook_gives_mixture_and_sources(layout, musdb_root, stem_root):
    root, stems = musdb_root if layout == "wav" else stem_root
    dataset = nussl.datasets.MUSDB18(str(root), is_wav=layout == "wav", subsets=["train"])
    item = dataset[0]
    assert item["metadata"]["labels"] == sorted(STEMS)
    assert set(item["sources"]) == set(STEMS)
    for name in ("bass", "vocals"):
        assert snr(item["sources"][name].audio_data.T, stems[name]) > 20
    assert snr(item["mix"].audio_data.T, sum(stems.values())) > 10
    assert item["mix"].sample_rate == RATE
