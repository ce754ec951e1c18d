"""From hidden features to masks. The chapter *embedding* builds it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from common.blocks.activation import ACTIVATIONS, GatedTanh, activate
from common.checks import check_axes, check_choice, check_count


class Embedding(nn.Module):
    """A linear layer that gives every bin of every frame `size` numbers, and their activation.

    With one number for each source and an activation in [0, 1], they are masks.

    Parameters
    ----------
    hidden : int
        Numbers that a frame brings.
    bins : int
        Frequencies of the STFT.
    size : int
        Sources of a mask, or dimensions of an embedding.
    channels : int
    activation : str or sequence of str
        Of `ACTIVATIONS`, applied in turn; ``gated_tanh`` among them puts a `GatedTanh` before the
        linear layer.

    Notes
    -----
    Hershey et al. (2016), "Deep clustering: discriminative embeddings for segmentation and
    separation".
    """

    def __init__(
        self,
        hidden: int,
        bins: int,
        size: int,
        channels: int = 1,
        activation: str | Sequence[str] = "sigmoid",
    ) -> None:
        check_count(hidden, "hidden")
        check_count(bins, "bins")
        check_count(size, "size")
        check_count(channels, "channels")
        super().__init__()
        kinds = [activation] if isinstance(activation, str) else list(activation)
        self.gate = GatedTanh(hidden) if "gated_tanh" in kinds else nn.Identity()
        self.linear = nn.Linear(hidden, bins * channels * size)
        self.shape = (bins, channels, size)
        self.activations = [kind for kind in kinds if kind != "gated_tanh"]
        check_activations(self.activations)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frame, hidden) to (batch, source, channel, freq, frame)."""
        check_axes(x, "x", "batch frame hidden", self.linear.weight, hidden=self.linear.in_features)
        x = self.linear(self.gate(x))  # (batch, frame, freq * channel * source)
        x = x.transpose(1, 2).contiguous()  # frames last in memory too
        x = x.unflatten(1, self.shape)  # (batch, freq, channel, source, frame)
        x = x.permute(0, 3, 2, 1, 4)  # (batch, source, channel, freq, frame)
        for kind in self.activations:
            x = activate(x, kind)
        return x

    def extra_repr(self) -> str:
        bins, channels, size = self.shape
        kinds = ", ".join(self.activations)
        return f"bins={bins}, channels={channels}, size={size}, activations=[{kinds}]"


def check_activations(kinds: Sequence[str]) -> None:
    """Raise ValueError unless every one is an activation of an embedding."""
    for kind in kinds:
        check_choice(kind, "activation", (*ACTIVATIONS, "gated_tanh"))
