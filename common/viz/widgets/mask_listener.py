"""MaskListener: choose a mask, see it, hear what it does, and read its score while it plays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import traitlets
from matplotlib.figure import Figure

from common.checks import check_positive, check_same_shape
from common.evaluation import si_sdr
from common.evaluation.baselines import check_static
from common.masks import ideal_binary_mask, ideal_ratio_mask, phase_sensitive_mask
from common.stft import STFTConfig, istft, stft
from common.viz.arrays import as_array
from common.viz.signals import mask as draw_mask
from common.viz.signals import spectrogram
from common.viz.style import axes, style
from common.viz.widgets.bank import AudioBank
from common.viz.widgets.instrument import Instrument

KINDS = ("binary", "ratio", "phase-sensitive", "high-pass", "band", "static", "painted")
SETTINGS = (
    "kind",
    "threshold",
    "exponent",
    "low",
    "high",
    "invert",
    "smooth_time",
    "smooth_frequency",
    "floor",
    "listen",
)
PATCH = (4, 2)  # (freq, frame): what one byte of a painted mask covers


class MaskListener(Instrument, code="mask_listener.js"):
    """Mixture, mask and estimate, as pictures and as sound, under the reader's hands.

    The mask is made in this order, the same in the page and in `mask`: its kind, 0 outside `low` to
    `high`, `invert` (1 - mask), moving averages, and last the floor. Of two channels, each has its
    own mask.

    Parameters
    ----------
    sounds : mapping of str to array, (sample,) or (channel, sample), or AudioBank
        The target and what it is mixed with; the mixture is their sum. Of a mapping, only the
        target and the sum of all others are embedded; a bank can serve several instruments.
    target : str
        Name of the sound that the mask is to bring out; all others are the rest.
    rate : int, optional
        Hz; asked for with a mapping, known to a bank.
    static : array, (freq, 1), optional
        Gains in [0, 1] from `common.evaluation.fit_static_mask`: adds the kind ``"static"``, and
        its score beside the others.
    kinds : sequence of str, optional
        The kinds to choose from, of ``KINDS``.
    controls : sequence of str, optional
        The settings that the page shows, of ``SETTINGS``; a chapter shows those that are its point.
        Without it, all of them, most of them folded away.
    top : float
        Highest frequency drawn, in Hz.
    config : STFTConfig
        A power of two as window length, for the page's FFT.
    label : str, optional
        What a screen reader calls the instrument.
    **settings
        Where they start: ``kind="ratio"``, ``exponent=2``.

    Attributes
    ----------
    kind : str
        One of ``KINDS``. Binary: 1 where the target is more than `threshold` dB above the rest.
        Ratio: `common.masks.ideal_ratio_mask` with `exponent`. Phase-sensitive: clipped. High-pass:
        from `low` up. Band: `low` to `high`. Painted: what is in `painted`.
    threshold : float
        dB; for the binary mask.
    exponent : float
        For the ratio mask.
    low, high : float
        Hz, both included. The high-pass knows no `high`.
    invert : bool
    smooth_time, smooth_frequency : float
        The moving average reaches this far to each side, in ms and in Hz.
    floor : float or None
        Least gain in dB; None for none.
    painted : bytes
        Gains times 255, a byte for each patch of ``PATCH``, the frequencies of the first frames
        first; empty where nothing is painted.
    listen : str
        What is heard: mixture, estimate, residual or truth.
    scores : dict
        SI-SDR in dB of estimate, mixture, static and ideal (clipped phase-sensitive) mask, and the
        improvement of the estimate over the mixture. Told by the page; None is no finite number.

    Raises
    ------
    ValueError, TypeError
        If a name is unknown, a sound cannot be used, or `static` or `config` does not fit.
    """

    target = traitlets.Unicode().tag(sync=True)
    rest = traitlets.List(traitlets.Unicode()).tag(sync=True)
    config = traitlets.Dict().tag(sync=True)
    static = traitlets.Bytes().tag(sync=True)
    kinds = traitlets.List(traitlets.Unicode()).tag(sync=True)
    controls = traitlets.List(traitlets.Unicode(), allow_none=True).tag(sync=True)
    top = traitlets.Float().tag(sync=True)

    kind = traitlets.Enum(KINDS, "binary").tag(sync=True)
    threshold = traitlets.Float(0.0, min=-60.0, max=60.0).tag(sync=True)
    exponent = traitlets.Float(1.0, min=0.1, max=16.0).tag(sync=True)
    low = traitlets.Float(0.0, min=0.0).tag(sync=True)
    high = traitlets.Float(0.0, min=0.0).tag(sync=True)
    invert = traitlets.Bool(False).tag(sync=True)
    smooth_time = traitlets.Float(0.0, min=0.0, max=1000.0).tag(sync=True)
    smooth_frequency = traitlets.Float(0.0, min=0.0, max=5000.0).tag(sync=True)
    floor = traitlets.Float(None, allow_none=True, max=0.0).tag(sync=True)
    painted = traitlets.CBytes().tag(sync=True)  # a page's bytes come as a memoryview
    listen = traitlets.Enum(("mixture", "estimate", "residual", "truth"), "estimate").tag(sync=True)
    scores = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        sounds: Mapping[str, Any] | AudioBank,
        *,
        target: str,
        rate: int | None = None,
        static: np.ndarray | None = None,
        kinds: Sequence[str] | None = None,
        controls: Sequence[str] | None = None,
        top: float = 8000.0,
        config: STFTConfig = STFTConfig(),
        label: str = "",
        **settings: Any,
    ) -> None:
        bank = sounds if isinstance(sounds, AudioBank) else bank_of_two(sounds, target, rate)
        rest = others(bank.names, target)
        if any(entry["coding"] != "flac" for entry in bank.entries):
            raise ValueError("sounds: expected a bank with coding='exact', to compute with")
        if static is not None:
            check_static(static, config)
        possible = [kind for kind in KINDS if kind != "static" or static is not None]
        kinds = possible if kinds is None else list(kinds)
        settings.setdefault("kind", kinds[0] if kinds else "")
        check_known("kind", [settings["kind"], *kinds], possible)
        check_known("controls", controls or [], SETTINGS)
        check_known("settings", settings, (*SETTINGS, "painted"))
        check_positive(top, "top")
        if config.window_length & (config.window_length - 1):
            raise ValueError(
                f"config: expected a power of two as window_length, for the page's FFT, got "
                f"{config.window_length}; take for example 1024"
            )
        settings.setdefault("high", bank.rate / 2)
        self._config, self._static = config, static
        super().__init__(
            bank=bank,
            target=target,
            rest=rest,
            config={
                "windowLength": config.window_length,
                "hop": config.hop,
                "window": config.window,
            },
            static=b"" if static is None else np.asarray(static, "<f4").tobytes(),
            kinds=kinds if settings["kind"] in kinds else [settings["kind"], *kinds],
            controls=None if controls is None else list(controls),
            top=min(float(top), bank.rate / 2),
            label=label or f"A mask for the {target}",
            **settings,
        )

    @cached_property
    def _spectrograms(self) -> tuple[np.ndarray, np.ndarray]:
        """Target and rest, (channel, freq, frame), in double precision."""
        target = self.bank.sound(self.target).astype(float)
        rest = sum(self.bank.sound(name).astype(float) for name in self.rest)
        return stft(target, self._config), stft(rest, self._config)

    @property
    def mask(self) -> np.ndarray:
        """The mask of the present settings, (channel, freq, frame) in [0, 1], as in the page."""
        S, _ = self._spectrograms
        rate, length, hop = self.bank.rate, self._config.window_length, self._config.hop
        frequencies = np.arange(S.shape[-2]) * rate / length  # (freq,)
        inside = frequencies >= self.low
        if self.kind != "high-pass":
            inside &= frequencies <= self.high
        M = self._of_kind() * inside[:, None]  # (channel, freq, frame)
        if self.invert:
            M = 1 - M
        M = moving_average(M, nearest(self.smooth_frequency * length / rate), axis=-2)
        M = moving_average(M, nearest(self.smooth_time / 1000 * rate / hop), axis=-1)
        if self.floor is not None:
            M = np.maximum(M, 10 ** (self.floor / 20))
        return M.astype(np.float32)

    @property
    def estimate(self) -> np.ndarray:
        """What the mask makes of the mixture, (channel, sample) float32."""
        S, N = self._spectrograms
        length = self.bank.sound(self.target).shape[-1]
        return istft(self.mask * (S + N), length=length, config=self._config).astype(np.float32)

    def _of_kind(self) -> np.ndarray:
        S, N = self._spectrograms
        if self.kind == "binary":
            return ideal_binary_mask(S, N * 10 ** (self.threshold / 20))
        if self.kind == "ratio":
            return ideal_ratio_mask(S, N, exponent=self.exponent)
        if self.kind == "phase-sensitive":
            return phase_sensitive_mask(S, S + N)
        if self.kind == "static":
            return np.broadcast_to(np.asarray(self._static, np.float32), S.shape)
        if self.kind == "painted":
            return np.broadcast_to(unpack(self.painted, S.shape[-2:]), S.shape)
        return np.ones(S.shape)

    def picture(self) -> Figure:
        """Return mixture, mask and estimate, one above the other."""
        S, N = self._spectrograms
        M = self.mask
        shown = {"rate": self.bank.rate, "config": self._config, "top": self.top, "colorbar": False}
        above, middle, below = axes(3, 1, height=1.6, sharex=True)
        spectrogram(S + N, ax=above, **shown)
        draw_mask(M, ax=middle, **shown)
        spectrogram(M * (S + N), ax=below, **shown)
        score = si_sdr(self.estimate, self.bank.sound(self.target))
        with style():
            above.set(title="mixture", xlabel="")
            middle.set(title=f"mask for the {self.target} ({self.kind})", xlabel="")
            below.set(title=f"estimate: SI-SDR {score:.1f} dB")
        return above.figure


def bank_of_two(sounds: Mapping[str, Any], target: str, rate: int | None) -> AudioBank:
    """Return a bank of the target and of the sum of all others."""
    if rate is None:
        raise ValueError("rate: expected the sample rate in Hz, got None; pass rate=...")
    names = others(list(sounds), target)
    arrays = {name: np.atleast_2d(as_array(x, np.float32)) for name, x in sounds.items()}
    check_same_shape(**arrays)
    rest = sum(arrays[name] for name in names)
    return AudioBank({target: arrays[target], " + ".join(names): rest}, rate=rate)


def others(names: Sequence[str], target: str) -> list[str]:
    """Return all names but the target's, or raise where there is no target, or nothing else."""
    check_known("target", [target], names)
    if len(names) < 2:
        raise ValueError(f"sounds: expected {target} and what it is mixed with, got {target} alone")
    return [name for name in names if name != target]


def check_known(what: str, names: Any, known: Sequence[str]) -> None:
    """Raise ValueError unless all names are known ones."""
    for name in names:
        if name not in known:
            raise ValueError(f"{what}: expected one of {', '.join(known)}, got {name!r}")


def nearest(x: float) -> int:
    """Return the nearest integer, halves up, as in JavaScript."""
    return int(np.floor(x + 0.5))


def moving_average(x: np.ndarray, reach: int, axis: int) -> np.ndarray:
    """Average over `reach` neighbours on each side, as many as there are."""
    if reach == 0:
        return x
    x = np.moveaxis(x, axis, -1)
    count = x.shape[-1]
    sums = np.concatenate([np.zeros_like(x[..., :1]), np.cumsum(x, axis=-1)], axis=-1)
    first = np.maximum(np.arange(count) - reach, 0)
    end = np.minimum(np.arange(count) + reach, count - 1) + 1
    return np.moveaxis((sums[..., end] - sums[..., first]) / (end - first), -1, axis)


def unpack(painted: bytes, shape: tuple[int, int]) -> np.ndarray:
    """Return the gains, (freq, frame), of a painted mask."""
    high, wide = (-(-size // patch) for size, patch in zip(shape, PATCH, strict=True))
    if not painted:
        return np.zeros(shape)
    if len(painted) != high * wide:
        raise ValueError(
            f"painted: expected {wide} x {high} bytes for these sounds, got {len(painted)}"
        )
    patches = np.frombuffer(painted, np.uint8).reshape(wide, high).T / 255
    return patches.repeat(PATCH[0], axis=0).repeat(PATCH[1], axis=1)[: shape[0], : shape[1]]
