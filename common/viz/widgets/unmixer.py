"""Unmixer: the reader's own song through a network, in the page."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from common.stft import STFTConfig
from common.viz.arrays import as_array
from common.viz.signals import LEVELS, waveform
from common.viz.style import SOURCE_COLORS
from common.viz.widgets.bank import AudioBank
from common.viz.widgets.instrument import Instrument
from common.viz.widgets.stem_player import spectrum_of

FLOOR = -80.0  # dB, of the network's levels
FOURS = 4  # what the page's loop takes at a step
NORM = "normalize.norm."
LAYER = "recurrent.rnn.weight_hh_l{}{}"
DIRECTIONS = ("", "_reverse")


class Unmixer(Instrument, code="unmixer.js"):
    """A song of the reader's choice, unmixed by a `SkipMaskInference` that runs in the page.

    The page reads a file or the microphone, separates it as `common.separation.separate` does, lets
    its parts be heard and saved, and sends nothing anywhere.

    Parameters
    ----------
    weights : mapping of str to array or tensor
        The network's ``state_dict``: bidirectional LSTMs, one channel, one sigmoid mask a source.
        The page gets its matrices in 8 bits, each row with a scale of its own.
    example : mapping of one str to array, (sample,) or (channel, sample), or AudioBank of one sound
        What there is to unmix before the reader brings a song, at most 60 s.
    rate : int
        Hz: of the example, and of the songs that the network learned from.
    sources : sequence of str
        What its masks are for, in order.
    config : STFTConfig
        The transform that it learned with.
    reference : float, optional
        The magnitude at 0 dB of its `AmplitudeToDB`; that of a full-scale sine, if not given.
    credit : str
        Attribution and licence of the example.
    label : str

    Raises
    ------
    ValueError
        If the weights are not those of such a network, or do not fit the config or the sources.
    """

    rate = traitlets.Int().tag(sync=True)
    sources = traitlets.List(traitlets.Unicode()).tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    spectrum = traitlets.Dict().tag(sync=True)
    weights = traitlets.List(traitlets.Dict()).tag(sync=True)
    data = traitlets.Bytes().tag(sync=True)
    credit = traitlets.Unicode().tag(sync=True)
    colors = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        weights: Mapping[str, Any],
        example: Mapping[str, Any] | AudioBank,
        *,
        rate: int,
        sources: Sequence[str] = ("vocals", "accompaniment"),
        config: STFTConfig = STFTConfig(),
        reference: float | None = None,
        credit: str = "",
        label: str = "Unmix a song",
    ) -> None:
        arrays = {name: as_array(value) for name, value in weights.items()}
        layers = _check_network(arrays, config, len(sources))
        bank = (
            example
            if isinstance(example, AudioBank)
            else AudioBank(example, rate=rate, coding="heard")
        )
        if len(bank.names) != 1 or bank.rate != rate:
            raise ValueError(
                f"example: expected one sound at {rate} Hz, got {len(bank.names)} at {bank.rate} Hz"
            )
        entries, data = pack_weights(arrays)
        reference = float(config.full_scale if reference is None else reference)
        super().__init__(
            bank=bank,
            label=label,
            rate=int(rate),
            sources=list(sources),
            settings={
                "reference": reference,
                "least": reference * 10 ** (FLOOR / 20),
                "layers": layers,
                "sources": len(sources),
            },
            spectrum=spectrum_of(config, LEVELS, rate / 2),
            weights=entries,
            data=data,
            credit=credit,
            colors={name: SOURCE_COLORS[name] for name in sources if name in SOURCE_COLORS},
        )

    def picture(self) -> Figure:
        """Return the example's waveform, under a line that says what a page would do with it."""
        name = self.bank.names[0]
        ax = waveform({name: self.bank.sound(name)}, rate=self.bank.rate)
        ax.set_title("In the page: drop a song of your own here, and hear it unmixed", fontsize=9)
        return ax.figure


def pack_weights(arrays: Mapping[str, np.ndarray]) -> tuple[list[dict[str, Any]], bytes]:
    """Return where each weight lies, and all of them, compressed.

    First numbers in single precision: vectors, and the scale of each row of a matrix. Then the
    matrices, as whole numbers from -127 to 127.
    """
    entries, numbers, codes = [], [], []
    for name, x in arrays.items():
        if x.ndim == 0:  # how many batches a norm has seen
            continue
        entry = {"name": name, "shape": list(x.shape), "numbers": sum(map(len, numbers))}
        if x.ndim == 2:
            scale = np.maximum(np.abs(x).max(axis=1), 1e-6) / 127  # (row,)
            entry["codes"] = sum(code.size for code in codes)
            codes.append(np.rint(x / scale[:, None]).astype(np.int8))  # (row, column)
            x = scale
        numbers.append(x.astype("<f4"))
        entries.append(entry)
    start = 4 * sum(map(len, numbers))
    for entry in entries:
        if "codes" in entry:
            entry["codes"] += start
    data = b"".join(part.tobytes() for part in [*numbers, *codes])
    return entries, zlib.compress(data, 9)


def _check_network(arrays: Mapping[str, np.ndarray], config: STFTConfig, sources: int) -> int:
    """Raise unless the weights are those of a network that the page can run; return its layers."""
    layers = len([name for name in arrays if re.fullmatch(r"recurrent\.rnn\.weight_hh_l\d+", name)])
    try:
        features, bins = arrays["project.weight"].shape
        hidden = arrays[LAYER.format(0, "")].shape[1]
    except (KeyError, ValueError) as error:
        raise ValueError(
            "weights: expected the state_dict of a SkipMaskInference with LSTMs, got "
            f"{', '.join(list(arrays)[:4])} … ({error})"
        ) from None
    wanted = {
        "project.weight": (features, config.window_length // 2 + 1),
        "project.bias": (features,),
    }
    for name in ("weight", "bias", "running_mean", "running_var"):
        wanted[NORM + name] = (bins,)
    for layer in range(layers):
        for direction in DIRECTIONS:
            brought = 2 * hidden if layer else features
            end = f"_l{layer}{direction}"
            wanted |= {
                f"recurrent.rnn.weight_ih{end}": (4 * hidden, brought),
                f"recurrent.rnn.weight_hh{end}": (4 * hidden, hidden),
                f"recurrent.rnn.bias_ih{end}": (4 * hidden,),
                f"recurrent.rnn.bias_hh{end}": (4 * hidden,),
            }
    wanted["embed.linear.weight"] = (sources * bins, features + 2 * hidden)
    wanted["embed.linear.bias"] = (sources * bins,)
    found = {name: x.shape for name, x in arrays.items() if x.ndim}
    for name in [*wanted, *found]:
        if wanted.get(name) != found.get(name):
            raise ValueError(
                f"weights: expected {name} of shape {wanted.get(name, 'none')}, got "
                f"{found.get(name, 'none')}; the page runs a SkipMaskInference of one channel with "
                f"bidirectional LSTMs, {sources} sources and {config.window_length // 2 + 1} bins"
            )
    if features % FOURS or hidden % FOURS:
        raise ValueError(
            f"weights: expected features and hidden to be multiples of {FOURS}, got {features} and "
            f"{hidden}"
        )
    return layers
