"""nussl's networks: building, training with ignite, checkpoints, and separation with them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from common.compat import nussl
from tests.compat.material import RATE

transforms, builders, train = nussl.datasets.transforms, nussl.ml.networks.builders, nussl.ml.train
STFT = nussl.STFTParams(256, 64, "sqrt_hann")
BINS = 129

# ignite's running average of nussl's loss, which still has its graph.
pytestmark = pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")


@pytest.fixture
def dataset(sounds):
    two = {name: sounds[name] for name in ("drums", "bass")}

    def make_mix(dataset, index):
        gains = np.random.default_rng(index).uniform(0.5, 1, 2)
        sources = {
            name: dataset._load_audio_from_array(gain * two[name].audio_data, RATE)
            for gain, name in zip(gains, two, strict=True)
        }
        return {"mix": sum(sources.values()), "sources": sources}

    def make(*steps):
        return nussl.datasets.OnTheFly(
            make_mix,
            4,
            stft_params=STFT,
            sample_rate=RATE,
            num_channels=1,
            transform=transforms.Compose(list(steps)),
        )

    return make


def mask_inference(hidden: int = 8):
    torch.manual_seed(0)
    return nussl.ml.SeparationModel(
        builders.build_recurrent_mask_inference(
            BINS, hidden, 1, True, 0.0, 2, "sigmoid", num_audio_channels=1
        )
    )


def batch(dataset, size: int = 2) -> dict:
    loaded = next(iter(torch.utils.data.DataLoader(dataset, batch_size=size)))
    return {key: value.float() for key, value in loaded.items() if key != "index"}


@pytest.mark.parametrize("trained", [False, True])
def test_a_saved_model_gives_the_same_outputs(dataset, tmp_path, trained):
    data = dataset(transforms.MagnitudeSpectrumApproximation(), transforms.ToSeparationModel())
    model, path = mask_inference(), str(tmp_path / "model.pth")
    model.save(path, train_data=data, val_data=data if trained else None)
    loaded, metadata = nussl.ml.SeparationModel.load(path)
    inputs = batch(data)
    with torch.no_grad():
        expected, got = model.eval()(dict(inputs)), loaded.eval()(dict(inputs))
    assert set(got) == {"mask", "estimates"}
    for key in got:
        torch.testing.assert_close(got[key], expected[key])
    assert metadata["stft_params"] == STFT
    assert metadata["nussl_version"] == "1.1.9"
    assert json.loads(metadata["config"])["name"] == "MaskInference"
    steps = metadata["train_dataset"]["transforms"].transforms
    assert [type(step).__name__ for step in steps] == [
        "MagnitudeSpectrumApproximation", "ToSeparationModel"
    ]  # fmt: skip


def test_a_pickle_of_something_else_is_still_refused(tmp_path):
    class Foreign:
        pass

    globals()["Foreign"] = Foreign
    Foreign.__qualname__ = "Foreign"
    torch.save({"metadata": Foreign()}, tmp_path / "model.pth")
    with pytest.raises(Exception, match="Weights only load failed"):
        nussl.ml.SeparationModel.load(str(tmp_path / "model.pth"))


@pytest.mark.parametrize(
    ("name", "arguments", "key", "shape"),
    [
        ("recurrent_dpcl", (6, ["sigmoid", "unit_norm"]), "embedding", (1, BINS, 1, 6)),
        ("recurrent_chimera", (6, ["sigmoid", "unit_norm"], 2, "softmax"), "mask", (1, BINS, 1, 2)),
    ],
)
def test_builders(name, arguments, key, shape):
    build = getattr(builders, f"build_{name}")
    model = nussl.ml.SeparationModel(
        build(BINS, 8, 1, False, 0.0, *arguments, num_audio_channels=1)
    )
    output = model({"mix_magnitude": torch.rand(2, 5, BINS, 1)})
    assert output[key].shape == (2, 5, *shape[1:])


def trained(dataset, folder, epochs: int = 3):
    """Train mask inference by nussl's own engines, with everything attached."""
    data = dataset(
        transforms.MagnitudeSpectrumApproximation(),
        transforms.ToSeparationModel(),
        transforms.GetExcerpt(200),
    )
    model = mask_inference()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = {"L1Loss": {"weight": 1.0}}
    trainer, validator = train.create_train_and_validation_engines(
        train.closures.TrainClosure(losses, optimizer, model),
        train.closures.ValidationClosure(losses, model),
    )
    loader = torch.utils.data.DataLoader(data, batch_size=2)
    train.add_stdout_handler(trainer, validator)
    train.add_progress_bar_handler(trainer, validator)
    train.add_tensorboard_handler(str(folder / "tensorboard"), trainer)
    train.add_validate_and_checkpoint(
        str(folder), model, optimizer, data, trainer, loader, validator
    )
    trainer.run(loader, max_epochs=epochs)
    return trainer, folder / "checkpoints" / "best.model.pth"


def test_training_lowers_the_loss_and_leaves_a_checkpoint_that_separates(dataset, sounds, tmp_path):
    trainer, checkpoint = trained(dataset, tmp_path)
    history = trainer.state.epoch_history
    assert history["validation/loss"][-1] < history["validation/loss"][0]
    _, metadata = nussl.ml.SeparationModel.load(str(checkpoint))
    assert metadata["trainer.state.epoch_history"] == history
    assert metadata["trainer.state_dict"]["epoch"] == 3
    assert list((tmp_path / "tensorboard").iterdir())

    mixture = sounds["drums"] + sounds["bass"]
    separator = nussl.separation.deep.DeepMaskEstimation(
        mixture, model_path=str(checkpoint), mask_type="soft"
    )
    estimates = separator()
    assert separator.audio_signal.stft_params == STFT
    together = sum(estimates).audio_data
    assert together.shape == mixture.audio_data.shape
    # The masks are those that the model gives for the mixture's magnitude.
    model, _ = nussl.ml.SeparationModel.load(str(checkpoint))
    magnitude = torch.from_numpy(np.abs(separator.audio_signal.stft())).float()
    with torch.no_grad():
        mask = model.eval()({"mix_magnitude": magnitude.transpose(0, 1)[None]})["mask"]
    got = np.stack([m.mask for m in separator.result_masks], axis=-1)
    np.testing.assert_allclose(got[:, :, 0], mask[0, :, :, 0].transpose(0, 1).numpy(), atol=1e-4)


def test_deep_clustering_separates_by_a_checkpoint(dataset, sounds, tmp_path):
    config = builders.build_recurrent_dpcl(
        BINS, 8, 1, False, 0.0, 6, ["sigmoid", "unit_norm"], num_audio_channels=1
    )
    path = str(tmp_path / "dpcl.pth")
    data = dataset(transforms.PhaseSensitiveSpectrumApproximation(), transforms.ToSeparationModel())
    nussl.ml.SeparationModel(config).save(path, train_data=data)
    mixture = sounds["drums"] + sounds["bass"]
    estimates = nussl.separation.deep.DeepClustering(
        mixture, 2, model_path=path, mask_type="soft", percentile=0
    )()
    np.testing.assert_allclose(sum(estimates).audio_data, mixture.audio_data, atol=1e-4)


def test_deep_audio_estimation_separates_by_a_checkpoint(dataset, sounds, tmp_path):
    config = builders.build_recurrent_end_to_end(
        256, 256, 64, "sqrt_hann", 8, 1, False, 0.0, 2, "softmax", num_audio_channels=1
    )
    path = str(tmp_path / "audio.pth")
    data = dataset(transforms.GetAudio(), transforms.ToSeparationModel())
    nussl.ml.SeparationModel(config).save(path, train_data=data)
    mixture = sounds["drums"] + sounds["bass"]
    estimates = nussl.separation.deep.DeepAudioEstimation(mixture, model_path=path)()
    np.testing.assert_allclose(sum(estimates).audio_data, mixture.audio_data, atol=1e-3)


def test_losses_know_a_perfect_estimate():
    target = torch.rand(2, 7, 9, 2)
    swapped = target.flip(-1)
    loss = train.loss.PermutationInvariantLoss(train.loss.L1Loss())
    assert loss(swapped, target).item() == pytest.approx(0)
    assert train.loss.L1Loss()(swapped, target).item() > 0.1


def test_confidence_is_higher_for_what_clusters(sounds):
    left = nussl.mixing.pan_audio_signal(sounds["drums"], -30)
    right = nussl.mixing.pan_audio_signal(sounds["vocals"], 30)
    near = nussl.mixing.pan_audio_signal(sounds["vocals"], -28)
    values = []
    for other in (right, near):
        np.random.seed(0)
        separator = nussl.separation.spatial.SpatialClustering(left + other, 2)
        separator()
        values.append(
            nussl.ml.confidence.silhouette_confidence(
                separator.audio_signal, separator.features, 2, threshold=90
            )
        )
    assert values[0] > values[1]
