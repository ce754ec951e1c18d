"""Our modules and nussl's with the same weights: outputs, gradients and statistics compared."""

import torch
from torch import nn

from common.compat import nussl_axes

WITHIN = 1e-5  # of the largest number compared

# What our weights are called in nussl's modules, by how their names begin.
NUSSL_NAMES = {
    "norm.": "batch_norm.",
    "bands": "transform.weight",
    "gate.value.": "embed_linear.0.",
    "gate.gate.": "embed_gate.0.",
    "normalize.norm.": "layers.normalization.batch_norm.",
    "recurrent.": "layers.recurrent_stack.",
    "along.recurrent.": "intra_processor.",
    "along.linear.": "intra_fc.",
    "along.normalize.norm.": "intra_norm.",
    "across.recurrent.": "inter_processor.",
    "across.linear.": "inter_fc.",
    "across.normalize.norm.": "inter_norm.",
    "embed.linear.": "layers.mask.linear.",
    "embed.gate.value.": "layers.mask.embed_linear.0.",
    "embed.gate.gate.": "layers.mask.embed_gate.0.",
}
# Of networks that make embeddings, and perhaps masks beside them.
OF_EMBEDDINGS = NUSSL_NAMES | {
    "embed.linear.": "layers.embedding.linear.",
    "infer.linear.": "layers.mask.linear.",
}


def nussl_name(name, names=NUSSL_NAMES):
    for ours, theirs in names.items():
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def turned(x):
    """A spectrogram in the other order of axes; sequences have the same order in both."""
    return nussl_axes(x) if x.ndim > 3 else x


def close(ours, theirs):
    assert theirs.any()
    torch.testing.assert_close(ours, theirs, rtol=0, atol=WITHIN * theirs.abs().max().item())


def give_weights(ours, theirs, names=NUSSL_NAMES):
    """Draw all the weights of ours anew, and give theirs the same."""
    for weight in ours.parameters():
        if weight.requires_grad:
            nn.init.normal_(weight, std=0.5)
    state = theirs.state_dict()
    for name, value in ours.state_dict().items():
        name = nussl_name(name, names)
        state[name] = value.reshape(state[name].shape)
    theirs.load_state_dict(state)


def learn(module, call, inputs, turn):
    """The output; gradients of a weighting of it: of the inputs and, by name, of the weights."""
    inputs = [x.detach().requires_grad_(x.requires_grad) for x in inputs]
    y = turn(call(*map(turn, inputs)))
    if y.requires_grad:
        (y * torch.linspace(-1, 2, y.numel()).reshape(y.shape)).sum().backward()
    weights = {name: weight.grad for name, weight in module.named_parameters()}
    return y, [x.grad for x in inputs if x.requires_grad], weights


def compare(ours, theirs, *inputs, run=None, call=None, only_theirs=(), names=NUSSL_NAMES):
    """Assert that both agree, in the gradients of the weights and of inputs that want one, too.

    `run` runs ours, `call` theirs, in nussl's order of axes; `only_theirs` are weights that ours
    lacks.
    """
    give_weights(ours, theirs, names)
    y, of_inputs, of_weights = learn(ours, run or ours, inputs, turn=lambda x: x)
    z, of_their_inputs, of_their_weights = learn(theirs, call or theirs, inputs, turned)
    for a, b in zip([y, *of_inputs], [z, *of_their_inputs], strict=True):
        close(a, b)
    of_weights = {nussl_name(name, names): gradient for name, gradient in of_weights.items()}
    assert {*of_weights, *only_theirs} == of_their_weights.keys()
    for name, gradient in of_weights.items():
        if gradient is None:
            assert of_their_weights[name] is None
        else:
            close(gradient, of_their_weights[name].reshape(gradient.shape))
    for name, value in ours.state_dict().items():  # running statistics among them
        close(value, theirs.state_dict()[nussl_name(name, names)].reshape(value.shape))
