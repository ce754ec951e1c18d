"""Features that remember other frames. The chapter *recurrent-stack* builds it."""

from __future__ import annotations

from torch import Tensor, nn

from common.checks import check_axes, check_choice, check_count

KINDS = ("rnn", "gru", "lstm")


class RecurrentStack(nn.Module):
    """Recurrent layers, one on the other.

    Parameters
    ----------
    features : int
        Numbers that a frame brings.
    hidden : int
        Numbers that each direction of each layer keeps from frame to frame.
    layers : int
    kind : str
        One of `KINDS`. An ``lstm`` starts with a forget gate that is mostly open.
    bidirectional : bool
        Whether each layer also runs from the last frame to the first.
    dropout : float
        Share of the numbers between two layers that training sets to 0.

    Raises
    ------
    ValueError
        If dropout is asked for and there is no second layer to drop from.

    Notes
    -----
    Hochreiter and Schmidhuber (1997), "Long short-term memory"; Cho et al. (2014), "Learning phrase
    representations using RNN encoder-decoder"; the forget gate's start: Jozefowicz, Zaremba and
    Sutskever (2015), "An empirical exploration of recurrent network architectures".

    Examples
    --------
    >>> import torch
    >>> stack = RecurrentStack(513, hidden=32, layers=1)
    >>> stack(torch.rand(8, 100, 513)).shape  # (batch, frame, feature): both directions
    torch.Size([8, 100, 64])
    """

    def __init__(
        self,
        features: int,
        hidden: int,
        layers: int = 1,
        kind: str = "lstm",
        bidirectional: bool = True,
        dropout: float = 0.0,
    ) -> None:
        check_count(features, "features")
        check_count(hidden, "hidden")
        check_count(layers, "layers")
        check_choice(kind, "kind", KINDS)
        check_dropout(dropout, layers)
        super().__init__()
        make = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind]
        self.rnn = make(features, hidden, layers, batch_first=True,
                        bidirectional=bidirectional, dropout=dropout)  # fmt: skip
        self.size = hidden * 2 if bidirectional else hidden  # what each frame comes out with
        for name, bias in self.rnn.named_parameters():
            if kind == "lstm" and name.startswith("bias_ih"):
                bias.data[hidden : 2 * hidden] = 1.0  # the forget gate: remember, to begin with

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frame, feature) to (batch, frame, hidden), both directions side by side."""
        check_axes(x, "x", "batch frame feature", self.rnn.weight_ih_l0,
                   feature=self.rnn.input_size)  # fmt: skip
        return self.rnn(x)[0]  # (batch, frame, hidden * directions)


def check_dropout(dropout: float, layers: int) -> None:
    """Raise ValueError unless dropout is a share below 1 that has a place between layers."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected a share in [0, 1), got {dropout}")
    if dropout and layers == 1:
        raise ValueError(
            f"dropout: expected 0, because it works between layers and there is one, got {dropout};"
            f" take layers=2"
        )
