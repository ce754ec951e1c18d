"""What holds for every block and architecture, at any size and on any device."""

import inspect
from itertools import product

import pytest
import torch
from torch import nn

from common import architectures, blocks
from tests.blocks.cases import CASES, EVERYWHERE, made
from tests.elsewhere import elsewhere

CONVOLUTIONS = nn.Conv1d | nn.Conv2d | nn.ConvTranspose1d | nn.ConvTranspose2d
ACCELERATORS = ["cuda"] * torch.cuda.is_available()
every_block = pytest.mark.parametrize("name", CASES)
every_size = pytest.mark.parametrize(("name", "sizes"), EVERYWHERE)


def test_every_public_module_has_a_case():
    public = [getattr(package, name) for package in (blocks, architectures)
              for name in package.__all__]  # fmt: skip
    modules = {x.__name__ for x in public if inspect.isclass(x) and issubclass(x, nn.Module)}
    assert modules == {name.split()[0] for name in CASES}


def close(a, b, within=1e-6):
    torch.testing.assert_close(a, b, rtol=within, atol=within)


def learn(module, inputs):
    """The output; the gradients, of a weighting of it, of the inputs and of the weights."""
    inputs = [x.detach().requires_grad_() for x in inputs]
    y = module(*inputs)
    wanted = [*inputs, *(weight for weight in module.parameters() if weight.requires_grad)]
    probe = torch.linspace(-1, 2, y.numel(), device=y.device).reshape(y.shape)
    return y, torch.autograd.grad((y * probe).sum(), wanted)


@every_size
def test_sound_and_silence_give_numbers_and_gradients(name, sizes):
    module, sound, expected = made(name, sizes)
    silence = [torch.zeros_like(x) for x in sound]
    for training, inputs in product([True, False], [sound, silence]):
        y, gradients = learn(module.train(training), inputs)
        assert y.shape == expected and y.dtype == torch.float32
        assert all(bool(x.isfinite().all()) for x in (y, *gradients))


@every_block
def test_every_weight_learns(name):
    _, gradients = learn(*made(name)[:2])
    assert all(bool(x.any()) for x in gradients)


@every_block
def test_an_example_alone_comes_out_as_in_its_batch(name):
    module, inputs, _ = made(name)
    together = module.eval()(*inputs)
    alone = [module(*(x[i : i + 1] for x in inputs)) for i in range(len(together))]
    close(torch.cat(alone), together)


@every_block
def test_equal_seeds_give_equal_weights_and_outputs(name):
    (one, x, _), (same, _, _), (other, _, _) = (made(name, seed=seed) for seed in (1, 1, 2))
    drawn = any(isinstance(layer, nn.Linear | nn.RNNBase | CONVOLUTIONS) for layer in one.modules())
    assert equal(one.state_dict(), same.state_dict())
    assert equal(one.state_dict(), other.state_dict()) is not drawn
    assert torch.equal(one.eval()(*x), same.eval()(*x))


def equal(a, b):
    return all(torch.equal(a[name], b[name]) for name in a)


@every_block
def test_only_dropout_makes_training_random(name):
    module, inputs, _ = made(name)
    once, twice = module(*inputs), module(*inputs)
    assert torch.equal(once, twice) is not (name == "RecurrentStack lstm")


@every_block
def test_the_order_in_memory_does_not_matter(name):
    module, inputs, _ = made(name)
    turned = [x.transpose(1, -1).contiguous().transpose(1, -1) for x in inputs]
    assert not any(x.is_contiguous() for x in turned)
    close(module.eval()(*turned), module(*inputs))


@every_block
def test_double_precision_stays_double(name):
    module, inputs, _ = made(name)
    single = module.eval()(*inputs)
    double = module.double()(*(x.double() for x in inputs))
    assert double.dtype == torch.float64
    close(double.float(), single, 1e-4)


@every_block
def test_weights_refuse_another_precision(name):
    module, inputs, _ = made(name)
    doubles = [x.double() for x in inputs]
    if not list(module.parameters()):
        assert module(*doubles).dtype == torch.float64
    else:
        with pytest.raises(TypeError, match=r"expected torch.float32 on cpu, .* torch.float64 on"):
            module(*doubles)


@every_block
@pytest.mark.parametrize(("change", "error", "said"), [
    (lambda x: x.numpy(), TypeError,
     r"expected a torch tensor \(.*(frame|sample).*\), got ndarray; make"),
    (lambda x: x.int(), TypeError, "expected real floating-point numbers, got torch.int32"),
    (lambda x: x[0, 0, :1], ValueError, r"expected \(.*(frame|sample).*\), got shape \("),
    (lambda x: x[None, ..., None], ValueError,
     r"expected \(.*(frame|sample).*\), got shape \(.*1\); permute or"),
], ids=["NumPy", "whole numbers", "too few axes", "too many axes"])  # fmt: skip
def test_wrong_inputs_are_refused(name, change, error, said):
    module, inputs, _ = made(name)
    with pytest.raises(error, match=said):
        module(change(inputs[0]), *inputs[1:])


@pytest.fixture(params=["stand-in", *ACCELERATORS])
def device(request):
    """The stand-in for a GPU, and the GPU where there is one."""
    if request.param == "stand-in":
        with elsewhere() as device:
            yield device
    else:
        with torch.backends.cudnn.flags(enabled=False):  # its layers learn in training only
            yield torch.device(request.param)


@every_block
def test_a_module_follows_its_device(name, device):
    module, inputs, _ = made(name)
    on_cpu, gradients_on_cpu = learn(module.eval(), inputs)
    y, gradients = learn(module.to(device), [x.to(device) for x in inputs])
    for here, there in zip([on_cpu, *gradients_on_cpu], [y, *gradients], strict=True):
        assert there.device.type == device.type
        close(there.cpu(), here, 1e-4)


@every_block
def test_a_module_is_made_on_the_default_device(name, device):
    with torch.device(device):
        module, inputs, _ = made(name)
    y, gradients = learn(module, inputs)
    tensors = (y, *inputs, *gradients, *module.state_dict().values())
    assert {x.device.type for x in tensors} == {device.type}


@every_block
def test_shapes_follow_without_numbers(name):
    module, inputs, expected = made(name)  # so no step depends on a number: none waits for a GPU
    y, gradients = learn(module.to("meta"), [x.to("meta") for x in inputs])
    assert y.shape == expected and {x.device.type for x in (y, *gradients)} == {"meta"}
