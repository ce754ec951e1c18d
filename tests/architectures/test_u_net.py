"""U-Net: down and up again, in any shape; dropout where the paper has it; the paper's size."""

import pytest
import torch

from common.architectures import UNet
from common.checkpoint import load_checkpoint, save_checkpoint


def network(**settings):
    return UNet(width=2, **{"layers": 3, **settings})


def mixture(channels=1, bins=17, frames=11):
    return 100 * torch.rand(2, channels, bins, frames) ** 4


def test_forward_goes_down_and_up_past_what_it_had_seen():
    model, x = network(channels=2).eval(), mixture(2)
    start = model.normalize(model.to_db(x))
    one = model.encoder[0](start)
    two = model.encoder[1](one)
    three = model.encoder[2](two)
    up = torch.cat([model.decoder[0](three, two.shape[2:]), two], dim=1)
    up = torch.cat([model.decoder[1](up, one.shape[2:]), one], dim=1)
    masks = model.last(up, output_size=x.shape[2:]).sigmoid()
    mask = torch.stack([masks[:, :2], masks[:, 2:]], dim=1)
    assert [tuple(y.shape[2:]) for y in (one, two, three)] == [(9, 6), (5, 3), (3, 2)]
    assert torch.equal(model.mask(x), mask) and torch.equal(model(x), mask * x[:, None])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("bins", [1, 16, 17, 31])
@pytest.mark.parametrize("frames", [1, 2, 33])
def test_any_shape(bins, frames, channels):
    model = network(sources=3, channels=channels).eval()
    assert model(mixture(channels, bins, frames)).shape == (2, 3, channels, bins, frames)


def test_a_frame_is_heard_as_far_as_its_stages_see():
    model, x = network(layers=2).eval(), mixture(frames=64)
    changed = x.clone()
    changed[..., 32] += 50
    heard = (model.mask(changed) != model.mask(x)).any(dim=3)[0, 0, 0].nonzero().flatten()
    # Down, 2 to each side at every stage: 15 to 17, 7 to 9; and up again: 12 to 20, 22 to 42.
    assert heard.tolist() == list(range(22, 43))


def test_dropout_is_in_the_first_three_stages_up():
    model = UNet(width=1, dropout=0.25)
    assert [stage.dropout.p for stage in model.decoder] == [0.25, 0.25, 0.25, 0, 0]
    model, x = network(), mixture()
    assert not torch.equal(model(x), model(x))
    assert torch.equal(model.eval()(x), model(x))


def test_the_paper_s_network():
    """16 to 512 maps on 512 bins and 128 frames, down to 8 and 2."""
    model = UNet(sources=1, width=16).eval()
    maps = [1, 16, 32, 64, 128, 256, 512]
    assert [stage.conv.in_channels for stage in model.encoder] == maps[:-1]
    assert [stage.conv.out_channels for stage in model.encoder] == maps[1:]
    assert [stage.conv.in_channels for stage in model.decoder] == [512, 512, 256, 128, 64]
    assert [stage.conv.out_channels for stage in model.decoder] == [256, 128, 64, 32, 16]
    x = torch.rand(1, 1, 512, 128)
    with torch.no_grad():
        shapes = [tuple((x := stage(x)).shape[1:]) for stage in model.encoder]
        assert shapes[-1] == (512, 8, 2)
        assert model(torch.rand(1, 1, 512, 128)).shape == (1, 1, 1, 512, 128)


def test_what_the_default_network_learns():
    maps = [8, 16, 32, 64, 128, 256]
    down = sum(25 * a * b + 2 * b for a, b in zip([1, *maps], maps, strict=False))
    up = sum(25 * a * b + 2 * b for a, b in
             [(256, 128), (256, 64), (128, 32), (64, 16), (32, 8)])  # fmt: skip
    expected = 2 + down + up + 25 * 16 * 2 + 2
    assert sum(weight.numel() for weight in UNet().parameters()) == expected


def test_a_checkpoint_brings_it_back(tmp_path):
    settings = {"width": 2, "layers": 3}
    model, x = UNet(**settings), mixture()
    model(x)  # statistics
    save_checkpoint(tmp_path / "it.pt", model, settings)
    again, _ = load_checkpoint(tmp_path / "it.pt", UNet)
    assert torch.equal(again(x), model.eval()(x))


@pytest.mark.parametrize(("settings", "said"), [
    ({"sources": 0}, "sources: expected a whole number above 0, got 0"),
    ({"channels": 0}, "channels: expected a whole number above 0, got 0"),
    ({"width": 0}, "width: expected a whole number above 0, got 0"),
    ({"layers": 0}, "layers: expected a whole number above 0, got 0"),
    ({"dropout": 1.0}, r"dropout: expected a share in \[0, 1\), got 1.0"),
    ({"reference": 0.0}, "reference: expected a number above 0, got 0.0"),
])  # fmt: skip
def test_settings_that_make_no_network_are_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        UNet(**settings)


@pytest.mark.parametrize("shape", [(2, 2, 17, 11), (1, 17, 11)])
def test_another_mixture_than_it_was_made_for_is_refused(shape):
    said = r"magnitude: expected \(batch, channel 1, freq, frame\), got shape \("
    with pytest.raises(ValueError, match=said):
        network()(torch.rand(shape))
