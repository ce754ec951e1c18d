"""The probes of probes.py: each uses the one thing that its patch mends."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import tempfile
from pathlib import Path

import numpy as np

from tests.compat import material


def _signal(x, rate=material.RATE):
    import nussl

    return nussl.AudioSignal(audio_data_array=np.asarray(x, dtype=np.float32), sample_rate=rate)


def stempeg_imports() -> None:
    import stempeg.cmds

    assert stempeg.cmds.FFMPEG_PATH is None


def stempeg_reads() -> None:
    import stempeg

    audio, rate = stempeg.read_stems(stempeg.example_stem_path(), stem_id=4)
    assert (audio.shape, rate) == ((268288, 2), 44100)


def stempeg_writes() -> None:
    import soundfile
    import stempeg

    with tempfile.TemporaryDirectory() as folder:
        stempeg.write_audio(folder + "/x.wav", np.array([[0.5], [2.0], [-2.0]]), 8000)
        written = soundfile.read(folder + "/x.wav")[0]
    np.testing.assert_allclose(written, [0.5, 1, -1], atol=2**-15)


def scaper_instantiates_events() -> None:
    import scaper

    with tempfile.TemporaryDirectory() as folder:
        foreground, background = material.write_sources_for_scaper(Path(folder))
        soundscape = scaper.Scaper(1.0, foreground, background, random_state=0)
        const = {"event_time": ("normal", 0, 0.1), "event_duration": ("normal", 0.5, 0.1)}
        soundscape.add_event(
            ("const", "bass"), ("choose", []), ("normal", 0, 0.1), snr=("const", 0),
            pitch_shift=None, time_stretch=("normal", 1, 0.1), **const,
        )  # fmt: skip
        jam = soundscape._instantiate()
    assert jam.annotations[0].data[0].value["label"] == "bass"


def windows_are_named() -> None:
    import nussl

    assert nussl.constants.WINDOW_BLACKMAN == "blackman"


def singular_systems_are_solved() -> None:
    from museval import metrics

    def singular(*_):
        raise np.linalg.LinAlgError("Singular matrix")

    waves = material.waves(1.0)
    sources = np.stack([np.ravel(waves[name]) for name in ("bass", "vocals")])[..., None]
    correlations = metrics._compute_reference_correlations(sources, 16)
    np.linalg.solve = singular
    filters = metrics._compute_projection_filters(*correlations, sources[0])
    passed = metrics._project(sources, filters)  # a perfect estimate comes through unchanged
    np.testing.assert_allclose(passed[: len(sources[0])], sources[0], atol=1e-6)


def duet_separates() -> None:
    import nussl

    a, b = (_signal(material.waves(1.0)[name]) for name in ("bass", "vocals"))
    panned = nussl.mixing.pan_audio_signal(a, -20) + nussl.mixing.pan_audio_signal(b, 25)
    masks = nussl.separation.spatial.Duet(panned, 2).run()
    assert len(masks) == 2


def resample_and_rms() -> None:
    signal = _signal(np.ones(8192))
    rms = signal.rms(win_len=1024)
    np.testing.assert_allclose(rms, 1, atol=1e-6)  # padded by reflection, the edges are as loud
    assert signal.resample(11025).audio_data.shape == (1, 4096)


def hanning_is_hann() -> None:
    import nussl

    assert nussl.AudioSignal.get_window("hanning", 8)[4] == 1


def full_scale_stays() -> None:
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        _signal([0.0, 1.0, -1.0, 0.5]).write_audio_to_file(folder + "/x.wav")
        written = soundfile.read(folder + "/x.wav", dtype="int16")[0]
    np.testing.assert_array_equal(written, [0, 32767, -32768, 16384])


def player_holds_mp3() -> None:
    import soundfile

    x = material.waves(1.0)["bass"]
    element = _signal(x).embed_audio(display=False)
    decoded, rate = soundfile.read(io.BytesIO(element.data))
    assert element.src_attr().startswith("data:audio/mpeg;base64,")
    assert rate == material.RATE
    level = np.sqrt(np.mean(decoded**2) / np.mean(x**2))
    assert 0.95 < level < 1.05


def _figure():
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    return plt.figure()


def mel_spectrogram_drawn() -> None:
    import nussl

    figure = _figure()
    nussl.utils.visualize_spectrogram(_signal(material.waves(1.0)["bass"]), y_axis="mel")
    (mesh,) = figure.axes[0].collections
    assert mesh.get_array().shape[0] == 128


def waveform_drawn() -> None:
    import nussl

    figure = _figure()
    nussl.utils.visualize_waveform(_signal(material.waves(1.0)["bass"]), label="bass")
    assert figure.axes[0].get_ylabel() == "Amplitude"
    assert figure.axes[0].get_legend_handles_labels()[1] == ["bass"]


def masks_drawn() -> None:
    import nussl

    figure = _figure()
    sounds = {name: _signal(x) for name, x in material.waves(1.0).items()}
    nussl.utils.visualize_sources_as_masks(sounds, y_axis="mel")
    assert len(figure.axes[0].images) == 4
    assert figure.axes[0].get_yscale() == "symlog"


def mel_projection_built() -> None:
    import torch
    from nussl.ml.networks.modules import MelProjection

    projected = MelProjection(16000, 257, 40)(torch.ones(1, 5, 257, 1))
    assert projected.shape == (1, 5, 40, 1)


def checkpoint_loads() -> None:
    import nussl
    import torch
    from nussl.datasets import transforms

    model = nussl.ml.SeparationModel(
        nussl.ml.networks.builders.build_recurrent_mask_inference(
            9, 4, 1, False, 0.0, 2, "sigmoid", num_audio_channels=1
        )
    )
    kept = transforms.Compose([transforms.MagnitudeSpectrumApproximation()])
    extra = {
        "stft_params": nussl.STFTParams(16, 4, "sqrt_hann"),
        "trainer.state.epoch_history": {"train/loss": [np.float64(0.25)]},
        "train_dataset": {"transforms": kept},
    }
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder + "/model.pth", metadata=extra)
        assert torch.load(folder + "/model.pth", weights_only=True)["metadata"]
        _, metadata = nussl.ml.SeparationModel.load(folder + "/model.pth")
    assert metadata["stft_params"].hop_length == 4
    assert metadata["trainer.state.epoch_history"]["train/loss"] == [0.25]
    assert isinstance(metadata["train_dataset"]["transforms"], transforms.Compose)


def _scores() -> dict:
    import nussl

    sounds = [material.waves(1.0)[name] for name in ("bass", "vocals")]
    references = [_signal(x) for x in sounds]
    estimates = [_signal(x + 0.1 * sounds[1 - i]) for i, x in enumerate(sounds)]
    evaluator = nussl.evaluation.BSSEvalScale(references, estimates, source_labels=["a", "b"])
    return evaluator.evaluate()


def scores_are_json() -> None:
    scores = json.loads(json.dumps(_scores()))
    assert scores["a"]["SI-SDR"][0] > 10


def report_card_written() -> None:
    import nussl

    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{i}.json" for i in range(2)]
        for file in files:
            with open(file, "w") as handle:
                json.dump(_scores(), handle, default=float)
        frame = nussl.evaluation.aggregate_score_files(files)
    card = nussl.evaluation.report_card(frame)
    (row,) = [line for line in card.splitlines() if "SNRi" in line][:1]
    assert f"{np.trunc(100 * frame['SNRi'].mean()) / 100:.2f} +/- " in row


def cache_keeps_items() -> None:
    from nussl.datasets import transforms

    with tempfile.TemporaryDirectory() as folder:
        cache = transforms.Cache(folder + "/cache", overwrite=True)
        cache({"index": 3, "x": np.arange(4)})
        read = transforms.Cache(folder + "/cache", overwrite=False)({"index": 3})
    np.testing.assert_array_equal(read["x"], np.arange(4))


def pickled_datasets_load_compat_first() -> None:
    from nussl.datasets import OnTheFly

    def mix(dataset, index):
        bass = _signal(material.waves(0.5)["bass"])
        return {"mix": bass, "sources": {"bass": bass}}

    dataset = OnTheFly(mix, 1)
    dataset.mix_closure = None  # a function of a function cannot be pickled
    pickled = pickle.dumps(dataset, protocol=2)
    globals_named = [arg for op, arg, _ in pickletools.genops(pickled) if op.name == "GLOBAL"]
    assert globals_named[0] == "common.compat.nussl_workers empty_dataset", globals_named
    assert len(pickle.loads(pickled)) == 1
