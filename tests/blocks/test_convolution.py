"""U-Net's stages: by hand, the shapes that they halve and double, and what they refuse."""

import pytest
import torch

from common.blocks import DecoderStage, EncoderStage


def set_to(stage, kernel):
    """All weights of the stage from one kernel, (5, 5)."""
    stage.conv.weight.data[:] = kernel
    return stage


def unchanged(stage):
    """The stage with a norm that does nothing: the running statistics, but for torch's 1e-5."""
    stage.norm.eps = 0.0
    return stage.eval()


def test_an_encoder_stage_by_hand():
    stage = unchanged(set_to(EncoderStage(1, 1), torch.ones(5, 5)))
    x = torch.zeros(1, 1, 6, 4)
    x[0, 0, 0, 0], x[0, 0, 5, 3] = 1.0, -1.0
    expected = torch.tensor([[1.0, 1.0], [1.0, 1.0], [0.0, -0.2]])  # each sees 2 to each side
    torch.testing.assert_close(stage(x)[0, 0], expected)


def test_a_decoder_stage_by_hand():
    kernel = torch.zeros(5, 5)
    kernel[2, 2], kernel[2, 3], kernel[3, 2] = 1.0, 0.5, -1.0
    stage = unchanged(set_to(DecoderStage(1, 1), kernel))
    y = stage(torch.tensor([[[[2.0], [4.0]]]]), (4, 2))[0, 0]
    assert y.tolist() == [[2, 1], [0, 0], [4, 2], [0, 0]]  # the ReLU stops the -1


@pytest.mark.parametrize("freq", [1, 2, 5, 6, 513])
@pytest.mark.parametrize("frame", [1, 2, 7, 8])
def test_a_decoder_stage_ends_where_the_encoder_stage_began(freq, frame):
    x = torch.rand(2, 3, freq, frame)
    small = EncoderStage(3, 4).eval()(x)
    assert small.shape == (2, 4, -(-freq // 2), -(-frame // 2))
    assert DecoderStage(4, 3).eval()(small, x.shape[2:]).shape == x.shape


def test_the_norm_is_of_each_map():
    x = torch.rand(4, 3, 9, 7)
    for stage, more in ((EncoderStage(3, 5), ()), (DecoderStage(3, 5), [(18, 14)])):
        before = []
        stage.norm.register_forward_hook(lambda *call, into=before: into.append(call[2]))
        stage(x, *more)
        [y] = before
        torch.testing.assert_close(y.mean(dim=(0, 2, 3)), torch.zeros(5), atol=1e-5, rtol=0)
        torch.testing.assert_close(y.var(dim=(0, 2, 3), unbiased=False), torch.ones(5), atol=1e-2,
                                   rtol=0)  # fmt: skip


def test_dropout_works_in_training_only():
    stage, x = DecoderStage(3, 5, dropout=0.5), torch.rand(4, 3, 9, 7)
    plain = DecoderStage(3, 5)
    plain.load_state_dict(stage.state_dict())
    dropped, kept = stage(x, (18, 14)), plain(x, (18, 14))
    lost = (dropped == 0) & (kept > 0)
    assert 0.4 < lost.sum() / (kept > 0).sum() < 0.6
    torch.testing.assert_close(dropped[~lost], 2 * kept[~lost])
    stage.load_state_dict(plain.state_dict())
    assert torch.equal(stage.eval()(x, (18, 14)), plain.eval()(x, (18, 14)))


@pytest.mark.parametrize("make", [EncoderStage, DecoderStage])
def test_what_they_learn(make):
    assert sum(weight.numel() for weight in make(3, 4).parameters()) == 25 * 3 * 4 + 2 * 4


@pytest.mark.parametrize(("call", "said"), [
    (lambda: EncoderStage(0, 3), "maps: expected a whole number above 0, got 0"),
    (lambda: EncoderStage(3, 0), "size: expected a whole number above 0, got 0"),
    (lambda: DecoderStage(0, 3), "maps: expected a whole number above 0, got 0"),
    (lambda: DecoderStage(3, 1.5), "size: expected a whole number above 0, got 1.5"),
    (lambda: DecoderStage(3, 3, 1.0), r"dropout: expected a share in \[0, 1\), got 1.0"),
    (lambda: EncoderStage(3, 4)(torch.rand(1, 4, 5, 5)),
     r"x: expected \(batch, map 3, freq, frame\), got shape \(1, 4, 5, 5\)"),
    (lambda: DecoderStage(3, 4)(torch.rand(1, 3, 5, 4), (11, 8)),
     r"shape: expected 9 or 10 bins, 7 or 8 frames, got \(11, 8\); pass the shape that went into"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
