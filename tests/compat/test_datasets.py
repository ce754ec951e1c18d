"""nussl's datasets and their transforms, and the cache without zarr."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch

from common.compat import nussl, scaper
from tests.compat.material import RATE

transforms = nussl.datasets.transforms
STFT = nussl.STFTParams(512, 128, "sqrt_hann")
FRAMES, BINS = 2 * RATE // 128 + 2, 257


@pytest.fixture
def dataset(sounds):
    """Return a function that makes an OnTheFly dataset of three mixtures with some transforms."""

    def make_mix(dataset, index):
        gains = np.random.default_rng(index).uniform(0.5, 1.0, len(sounds))
        sources = {
            name: dataset._load_audio_from_array(gain * sound.audio_data, RATE)
            for gain, (name, sound) in zip(gains, sounds.items(), strict=True)
        }
        return {"mix": sum(sources.values()), "sources": sources, "metadata": {"gains": gains}}

    def make(*steps):
        transform = transforms.Compose(list(steps)) if steps else None
        return nussl.datasets.OnTheFly(
            make_mix, 3, stft_params=STFT, sample_rate=RATE, num_channels=1, transform=transform
        )

    return make


def test_on_the_fly_mixes_anew_and_the_same_by_index(dataset):
    items = list(dataset())
    assert len(items) == 3
    again = dataset()[1]["mix"].audio_data
    np.testing.assert_array_equal(items[1]["mix"].audio_data, again)
    assert not np.array_equal(items[0]["mix"].audio_data, again)


def test_on_the_fly_with_scaper(scaper_folders):
    def make_mix(dataset, index):
        scape = scaper.Scaper(1.0, *scaper_folders, random_state=index)
        scape.sr, scape.ref_db, scape.n_channels = RATE, -20, 1
        for label in ("bass", "vocals"):
            scape.add_event(
                ("const", label), ("choose", []), ("uniform", 0, 1), ("const", 0), ("const", 0.8),
                ("uniform", -3, 3), ("uniform", -2, 2), ("uniform", 0.9, 1.1),
            )  # fmt: skip
        mix, jam, _, events = scape.generate(fix_clipping=True)
        labels = [event.value["label"] for event in jam.annotations[0].data]
        sources = {
            label: dataset._load_audio_from_array(event.T, RATE)
            for label, event in zip(labels, events, strict=True)
        }
        return {"mix": dataset._load_audio_from_array(mix.T, RATE), "sources": sources}

    item = nussl.datasets.OnTheFly(make_mix, 2, stft_params=STFT, sample_rate=RATE)[1]
    together = sum(item["sources"].values()).audio_data
    np.testing.assert_allclose(item["mix"].audio_data, together, atol=1e-9)
    assert item["mix"].signal_duration == 1.0


def test_mix_source_folder(sounds, tmp_path):
    for name in ("drums", "bass"):
        (tmp_path / name).mkdir()
        sounds[name].write_audio_to_file(str(tmp_path / name / "a.wav"))
    item = nussl.datasets.MixSourceFolder(str(tmp_path), make_mix=True)[0]
    expected = (sounds["drums"] + sounds["bass"]).audio_data
    np.testing.assert_allclose(item["mix"].audio_data, expected, atol=2**-14)


def test_sum_sources(dataset):
    groups = [["drums", "bass", "other"]]
    item = dataset(transforms.SumSources(groups, group_names=["accompaniment"]))[0]
    assert set(item["sources"]) == {"accompaniment", "vocals"}
    np.testing.assert_allclose(
        (item["mix"] - item["sources"]["vocals"]).audio_data,
        item["sources"]["accompaniment"].audio_data,
        atol=1e-6,
    )


def test_magnitude_spectrum_approximation(dataset):
    item = dataset(transforms.MagnitudeSpectrumApproximation())[0]
    magnitudes, mixture = item["source_magnitudes"], item["mix_magnitude"]
    assert mixture.shape == (BINS, FRAMES, 1)
    assert magnitudes.shape == (BINS, FRAMES, 1, 4)
    names = sorted(item["sources"])
    bass = np.abs(item["sources"]["bass"].stft())
    np.testing.assert_allclose(magnitudes[..., names.index("bass")], bass, atol=1e-7)
    mask = item["ideal_binary_mask"]
    assert set(np.unique(mask)) == {0.0, 1.0}
    loudest = magnitudes.argmax(axis=-1)
    assert (np.take_along_axis(mask, loudest[..., None], -1) == 1).mean() > 0.99


def test_phase_sensitive_spectrum_approximation(dataset):
    item = dataset(transforms.PhaseSensitiveSpectrumApproximation())[0]
    names = sorted(item["sources"])
    mix, vocals = item["mix"].stft(), item["sources"]["vocals"].stft()
    expected = np.abs(vocals) * np.cos(np.angle(mix) - np.angle(vocals))
    expected = np.clip(expected, 0, np.abs(mix))
    got = item["source_magnitudes"][..., names.index("vocals")]
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_excerpts_tensors_and_the_loader(dataset):
    steps = (
        transforms.MagnitudeSpectrumApproximation(),
        transforms.ToSeparationModel(),
        transforms.GetExcerpt(100),
    )
    batch = next(iter(torch.utils.data.DataLoader(dataset(*steps), batch_size=3)))
    assert batch["mix_magnitude"].shape == (3, 100, BINS, 1)
    assert batch["source_magnitudes"].shape == (3, 100, BINS, 1, 4)
    assert "mix" not in batch


def test_a_process_without_nussl_can_unpickle_a_dataset(musdb_root, tmp_path):
    steps = [transforms.MagnitudeSpectrumApproximation(), transforms.ToSeparationModel()]
    dataset = nussl.datasets.MUSDB18(
        str(musdb_root[0]), is_wav=True, transform=transforms.Compose(steps)
    )
    (tmp_path / "dataset.pickle").write_bytes(pickle.dumps(dataset))
    code = (
        "import pickle, sys; dataset = pickle.load(open(sys.argv[1], 'rb')); "
        "print(*dataset[1]['mix_magnitude'].shape)"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "dataset.pickle")]
    output = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert output.split() == [str(n) for n in dataset[1]["mix_magnitude"].shape]


def test_audio_for_end_to_end_models(dataset):
    item = dataset(transforms.GetAudio(), transforms.ToSeparationModel())[0]
    torch.testing.assert_close(item["source_audio"].sum(-1), item["mix_audio"])


def test_the_cache_gives_back_what_was_computed(dataset, tmp_path):
    cache = transforms.Cache(str(tmp_path / "cache"), overwrite=True)
    prepare = (transforms.PhaseSensitiveSpectrumApproximation(), transforms.ToSeparationModel())
    cached = dataset(*prepare, cache)
    expected = [dict(item) for item in cached]
    assert cache.info == f"3 items in {tmp_path / 'cache'}"
    cached.cache_populated = True
    cached.process_item = None  # must not be needed any more
    for item, computed in zip(cached, expected, strict=True):
        assert item.keys() == computed.keys()
        for key in item:
            torch.testing.assert_close(item[key], computed[key])
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [
        "0.npz", "1.npz", "2.npz"
    ]  # fmt: skip


def test_the_cache_keeps_signals_and_plain_values(sounds, tmp_path):
    data = {
        "index": 0,
        "mix": sounds["bass"],
        "sources": {"bass": sounds["bass"]},
        "note": ("a", [1, 2.5, None, True]),
        "level": np.float64(0.25),
        "stft_params": STFT,
    }
    sounds["bass"].stft_params = STFT
    read = transforms.Cache(str(tmp_path / "cache"), overwrite=True)(data)
    assert read["mix"] == sounds["bass"]
    assert read["sources"]["bass"].stft_params == STFT
    assert (read["note"], read["level"], read["stft_params"]) == (data["note"], 0.25, STFT)


def test_the_cache_is_atomic_and_opens_no_pickle(tmp_path):
    cache = transforms.Cache(str(tmp_path / "cache"), overwrite=True)
    cache({"index": 0, "x": np.arange(3)})
    with pytest.raises(TypeError, match="before the Cache"):
        cache({"index": 0, "x": object()})
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["0.npz"]
    np.savez(tmp_path / "cache" / "1.npz", tree=np.array([object()], dtype=object))
    reader = transforms.Cache(str(tmp_path / "cache"), overwrite=False)
    np.testing.assert_array_equal(reader({"index": 0})["x"], np.arange(3))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        reader({"index": 1})
    with pytest.raises(transforms.TransformException, match="no item 2 in the cache"):
        reader({"index": 2})
