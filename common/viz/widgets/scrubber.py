"""Scrubber: a sequence of masks, as training left them, dragged through and heard."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from common.checks import check_finite, check_positive
from common.stft import STFTConfig, istft, stft
from common.viz.arrays import as_array
from common.viz.signals import mask as draw_mask
from common.viz.signals import spectrogram
from common.viz.style import axes, style
from common.viz.widgets.bank import AudioBank, exact_bank
from common.viz.widgets.instrument import Instrument
from common.viz.widgets.packing import pack, pooled, quantise_masks, upsampled

HEAVIEST = 1_400_000  # bytes of packed masks: a page of 2 MB has no room for more
UPSAMPLINGS = ("nearest", "bilinear")


class Scrubber(Instrument, code="scrubber.js"):
    """A slider over the steps of a training: mask and estimate of each, seen and heard.

    Gains are kept in steps of 1/255. What the page plays is `estimate`, to rounding.

    Parameters
    ----------
    mixture : array, (sample,) or (channel, sample), or AudioBank
    masks : array or sequence of arrays, (step, freq, frame) or (step, channel, freq, frame)
        In [0, 1]; one for all channels, or one for each.
    rate : int, optional
        Hz; asked for with an array, known to a bank.
    sound : str
        Which sound of a bank is the mixture.
    steps : sequence, optional
        What each step is called: a number is the step of a training.
    scores : sequence of float, optional
        One a step; None or NaN where there is none.
    measure, unit : str
        What the scores are.
    config : STFTConfig
        The one that `masks` fit; a power of two as window length, for the page's FFT.
    pool : (int, int)
        Average the masks over so many bins and frames, or take them as averaged already if they
        have that size. ``(1, 4)`` needs a third of the room of ``(1, 1)``.
    upsampling : {"nearest", "bilinear"}
        How pooled masks are brought back to size.
    top : float
        Highest frequency drawn, in Hz.
    label : str, optional
        What a screen reader calls the instrument.
    step : int
        Where the slider starts; the first step is 0.
    listen : {"mixture", "estimate", "residual"}
        What is heard.
    pace : float
        Seconds that each step lasts when the page runs through them.

    Attributes
    ----------
    step, listen, pace
        Follow what the reader does.
    running : bool
        Whether the page runs through the steps.

    Raises
    ------
    ValueError, TypeError, TraitError
        If the masks are empty, have another shape than the mixture's spectrogram, leave [0, 1], or
        are too many for a page; if labels or scores are not as many as the steps.
    """

    sound = traitlets.Unicode().tag(sync=True)
    config = traitlets.Dict().tag(sync=True)
    packed = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List(traitlets.Int()).tag(sync=True)
    pool = traitlets.List(traitlets.Int()).tag(sync=True)
    upsampling = traitlets.Enum(UPSAMPLINGS, "nearest").tag(sync=True)
    steps = traitlets.List(traitlets.Unicode()).tag(sync=True)
    scores = traitlets.List(traitlets.Float(allow_none=True)).tag(sync=True)
    measure = traitlets.Unicode().tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    top = traitlets.Float().tag(sync=True)

    step = traitlets.Int(0, min=0).tag(sync=True)
    listen = traitlets.Enum(("mixture", "estimate", "residual"), "estimate").tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    pace = traitlets.Float(0.7, min=0.1, max=10.0).tag(sync=True)

    def __init__(
        self,
        mixture: Any | AudioBank,
        masks: Any,
        *,
        rate: int | None = None,
        sound: str = "mixture",
        steps: Sequence[Any] | None = None,
        scores: Sequence[float | None] | None = None,
        measure: str = "SI-SDR",
        unit: str = "dB",
        config: STFTConfig = STFTConfig(),
        pool: tuple[int, int] = (1, 1),
        upsampling: str = "nearest",
        top: float = 8000.0,
        label: str = "",
        step: int = 0,
        listen: str = "estimate",
        pace: float = 0.7,
    ) -> None:
        given = mixture if isinstance(mixture, AudioBank) else {sound: mixture}
        bank = exact_bank(given, rate)
        x = bank.sound(sound)
        if config.window_length & (config.window_length - 1):
            raise ValueError(
                f"config: expected a power of two as window_length, for the page's FFT, got "
                f"{config.window_length}; take for example 1024"
            )
        check_positive(top, "top")
        full = (config.window_length // 2 + 1, 1 + -(-x.shape[-1] // config.hop))
        self._masks = quantise_masks(pooled(as_masks(masks, len(x)), full, pool))
        packed = pack(self._masks)
        if len(packed) > HEAVIEST:
            raise ValueError(
                f"masks: expected at most {HEAVIEST / 1e6:g} MB when packed, for a page of 2 MB, "
                f"got {len(packed) / 1e6:.1f} MB; take fewer steps, or pool=(1, 4)"
            )
        self._config, self._full, count = config, full, len(self._masks)
        labels = [str(name) if isinstance(name, str) else f"step {name}" for name in
                  (range(count) if steps is None else steps)]  # fmt: skip
        scores = [] if scores is None else [as_score(score) for score in scores]
        for what, some in {"steps": labels, "scores": scores or labels}.items():
            if len(some) != count:
                raise ValueError(f"{what}: expected {count}, one for each mask, got {len(some)}")
        super().__init__(
            bank=bank,
            sound=sound,
            config={
                "windowLength": config.window_length,
                "hop": config.hop,
                "window": config.window,
            },
            packed=packed,
            shape=list(self._masks.swapaxes(-1, -2).shape),
            pool=list(pool),
            upsampling=upsampling,
            steps=labels,
            scores=scores,
            measure=measure,
            unit=unit,
            top=min(float(top), bank.rate / 2),
            label=label or f"Masks from {labels[0]} to {labels[-1]}",
            step=step,
            listen=listen,
            pace=pace,
        )

    @traitlets.validate("step")
    def _one_of_the_steps(self, proposal: dict) -> int:
        return self._within(proposal["value"])

    def _within(self, step: int) -> int:
        if not 0 <= step < len(self._masks):
            raise traitlets.TraitError(
                f"step: expected 0 to {len(self._masks) - 1}, the place of a mask, got {step}"
            )
        return step

    @cached_property
    def _spectrogram(self) -> np.ndarray:
        return stft(self.bank.sound(self.sound).astype(float), self._config)

    def mask(self, step: int | None = None) -> np.ndarray:
        """The mask of a step (without one: of the present step), (1 or channel, freq, frame)."""
        q = self._masks[self._within(self.step if step is None else step)]
        return upsampled(q / 255, self._full, tuple(self.pool), self.upsampling)

    def estimate(self, step: int | None = None) -> np.ndarray:
        """What the page plays at a step, (channel, sample) float32."""
        length = self.bank.sound(self.sound).shape[-1]
        masked = self.mask(step) * self._spectrogram  # (channel, freq, frame)
        return istft(masked, length=length, config=self._config).astype(np.float32)

    def picture(self) -> Figure:
        """Return mask and estimate of the present step, and under them the scores."""
        M = self.mask()
        shown = {"rate": self.bank.rate, "config": self._config, "top": self.top, "colorbar": False}
        above, below, *rest = axes(3 if any_number(self.scores) else 2, 1, height=1.6)
        draw_mask(M, ax=above, **shown)
        spectrogram(M * self._spectrogram, ax=below, **shown)
        with style():
            above.set(title=f"mask at {self.steps[self.step]}", xlabel="")
            below.set(title="mask × mixture")
            for ax in rest:
                values = [np.nan if v is None else v for v in self.scores]
                ax.plot(values, marker="o", markersize=3)
                ax.axvline(self.step, color="gray", linewidth=0.8)
                places = sorted({0, self.step, len(values) - 1})
                ax.set_xticks(places, [self.steps[k] for k in places])
                ax.set_ylabel(f"{self.measure} ({self.unit})" if self.unit else self.measure)
        return above.figure


def any_number(scores: Sequence[float | None]) -> bool:
    """Whether there is a score to draw."""
    return any(score is not None for score in scores)


def as_score(score: float | None) -> float | None:
    """Return a score as a page can hold it: None for what is no finite number."""
    return float(score) if score is not None and np.isfinite(score) else None


def as_masks(masks: Any, channels: int) -> np.ndarray:
    """Return masks as (step, 1 or channel, freq, frame), or raise where they are none."""
    try:
        M = np.stack([as_array(M) for M in masks]) if len(masks) else np.zeros(0)
    except ValueError as error:
        raise ValueError(f"masks: expected one shape for all steps ({error})") from None
    if M.dtype.kind not in "bfiu":
        raise TypeError(f"masks: expected real numbers in [0, 1], got {M.dtype}")
    if M.ndim == 3:
        M = M[:, None]
    if M.ndim != 4 or 0 in M.shape or M.shape[1] not in (1, channels):
        raise ValueError(
            f"masks: expected (step, freq, frame) or (step, channel, freq, frame) with at least "
            f"one step, for {channels} channel(s), got {M.shape}"
        )
    check_finite(M, "masks")
    if M.min() < 0 or M.max() > 1:
        raise ValueError(
            f"masks: expected gains in [0, 1], got {M.min():g} to {M.max():g}; np.clip them"
        )
    return M
