"""The stand-in for a GPU computes what the CPU computes, and refuses what a GPU refuses."""

import copy

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from tests.elsewhere import DEVICE, elsewhere


@pytest.fixture
def device():
    with elsewhere() as device:
        yield device


def with_new_data(x, y):
    x.data = y
    return x


@pytest.mark.parametrize("make", [
    lambda to: torch.tensor([1.0, 2.0], **to),
    lambda to: torch.ones(3, **to) * torch.arange(3, **to),
    lambda to: torch.randn(3, 4, **to) @ torch.eye(4, **to),
    lambda to: torch.stft(torch.rand(99, **to), 16, window=torch.ones(16, **to),
                          return_complex=True).conj().real,
    lambda to: torch.zeros(5, **to).index_put((torch.tensor([1, 3]),), torch.ones(2, **to)),
    lambda to: torch.zeros(5, **to).copy_(torch.ones(5)),
    lambda to: torch.tensor(2.0) * torch.rand(3, **to),
    lambda to: torch.rand(3, 2, **to).double().T[0].sum(),
    lambda to: torch.group_norm(torch.rand(2, 5, 4, 9, **to).transpose(1, 3), 1),
    lambda to: with_new_data(torch.rand(3, **to), torch.ones(3, **to)) + 1,
], ids=range(10))  # fmt: skip
def test_values_are_the_cpu_s(make, device):
    torch.manual_seed(0)
    here = make({})
    torch.manual_seed(0)
    there = make({"device": device})
    assert there.device == device and here.device.type == "cpu"
    assert torch.equal(there.cpu(), here)
    assert f"{there.flatten()[0]:.3f}" == f"{here.flatten()[0]:.3f}"
    assert there.tolist() == here.tolist()


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("layer", [nn.LSTM(3, 40, 2, bidirectional=True), nn.GroupNorm(1, 3)])
def test_layers_say_the_cpu_s_to_the_last_bit(layer, grad, device):
    x = torch.randn(20, 3, 3)
    with torch.set_grad_enabled(grad):
        here = layer(x)
        there = copy.deepcopy(layer).to(device)(x.to(device))
    for a, b in zip(tree_leaves(here), tree_leaves(there), strict=True):
        assert torch.equal(a, b.cpu())


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_gradients_are_the_cpu_s(kind, device):
    torch.manual_seed(0)
    layer, x = getattr(nn, kind)(3, 4, 2, bidirectional=True), torch.rand(5, 2, 3)
    layer(x)[0].square().sum().backward()
    here = [weight.grad for weight in layer.parameters()]
    layer.zero_grad()
    layer.to(device)(x.to(device))[0].square().sum().backward()
    there = [weight.grad for weight in layer.parameters()]
    assert {x.device for x in there} == {device}
    assert all(torch.allclose(a, b.cpu()) for a, b in zip(here, there, strict=True))


def test_weights_are_saved_and_read(device, tmp_path):
    layer = nn.Linear(2, 3).to(device)
    torch.save(layer.state_dict(), tmp_path / "weights.pt")
    other = nn.Linear(2, 3).to(device)
    other.load_state_dict(torch.load(tmp_path / "weights.pt", map_location=device))
    assert torch.equal(other.weight, layer.weight) and other.weight.device == device


class MadeInForward(nn.Module):
    def forward(self, x):
        return x @ torch.eye(x.shape[-1])


class KeptOutsideTheState(nn.Module):
    def __init__(self):
        super().__init__()
        self.gains = torch.ones(3)

    def forward(self, x):
        return x * self.gains


class LeftBehind(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(3, 3)]  # a list, which torch does not look into

    def forward(self, x):
        return self.layers[0](x)


@pytest.mark.parametrize("wrong", [MadeInForward, KeptOutsideTheState, LeftBehind])
def test_a_tensor_that_does_not_follow_is_found(wrong, device):
    module = wrong().to(device)
    with pytest.raises(RuntimeError, match="expected all tensors on one device, got cpu, lazy"):
        module(torch.ones(2, 3, device=device))


def test_an_array_wants_the_cpu(device):
    with pytest.raises(RuntimeError, match="numpy"):
        torch.ones(3, device=device).numpy()


def test_outside_there_is_no_such_device():
    with elsewhere():
        torch.ones(3, device=DEVICE)
    with pytest.raises(NotImplementedError, match="Lazy"):
        torch.ones(3, device=DEVICE)
    assert not torch.__future__.get_overwrite_module_params_on_conversion()
