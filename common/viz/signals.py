"""Waveforms, spectrograms and masks on axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from common.checks import check_dimensions
from common.stft import STFTConfig, decibels, magnitude
from common.viz.arrays import as_array
from common.viz.style import MAGNITUDE_MAP, MASK_MAP, SIGNED_MAP, axes, source_color, style

LEVELS = (-80.0, 0.0)


def waveform(sounds: Mapping[str, np.ndarray], *, rate: float, ax: Axes | None = None) -> Axes:
    """Draw sounds over one another, each in its source's colour.

    Parameters
    ----------
    sounds : dict of name to array, (..., sample)
        Of several channels, the mean is drawn.
    rate : float
        Hz.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = axes(height=1.6) if ax is None else ax
    with style():
        for name, x in sounds.items():
            x = _mono(x)
            ax.plot(
                np.arange(x.size) / rate,
                x,
                color=source_color(name),
                label=name,
                linewidth=0.7,
                rasterized=x.size > 5000,
            )
        ax.set(xlabel="time (s)", ylabel="amplitude", xlim=(0, x.size / rate))
        if len(sounds) > 1:
            ax.legend(loc="upper right", ncols=len(sounds))
    return ax


def spectrogram(
    X: Any,
    *,
    rate: float,
    config: STFTConfig = STFTConfig(),
    levels: tuple = LEVELS,
    top: float | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the magnitude of a spectrogram in dB relative to a full-scale sine.

    Parameters
    ----------
    X : array or tensor, (..., freq, frame), complex
        Of several channels, the root mean square is drawn.
    rate : float
        Hz.
    config : STFTConfig
        The one that made `X`.
    levels : (float, float)
        What is drawn darkest and brightest, in dB.
    top : float, optional
        Highest frequency drawn, in Hz.
    colorbar : bool
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    check_dimensions(X, "X", ("freq", "frame"))
    mag = as_array(magnitude(X)).reshape(-1, *X.shape[-2:])
    mag = np.sqrt((mag**2).mean(axis=0))
    level = decibels(mag, reference=config.full_scale, floor=levels[0])
    return _image(
        level,
        rate,
        config,
        ax,
        top,
        cmap=MAGNITUDE_MAP,
        vmin=levels[0],
        vmax=levels[1],
        label="level (dB)" if colorbar else None,
    )


def mask(
    M: Any,
    *,
    rate: float,
    config: STFTConfig = STFTConfig(),
    signed: bool = False,
    top: float | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a mask: 0 to 1, or, where it may leave that range, -2 to 2 with 0 in the middle.

    Parameters
    ----------
    M : array or tensor, (..., freq, frame), real
        Of several channels, the mean is drawn.
    rate, config, top, colorbar, ax
        As for `spectrogram`.
    signed : bool

    Returns
    -------
    Axes
    """
    check_dimensions(M, "M", ("freq", "frame"))
    M = as_array(M).reshape(-1, *M.shape[-2:]).mean(axis=0)
    limits = (
        {"cmap": SIGNED_MAP, "vmin": -2, "vmax": 2}
        if signed
        else {"cmap": MASK_MAP, "vmin": 0, "vmax": 1}
    )
    return _image(M, rate, config, ax, top, label="mask" if colorbar else None, **limits)


def _image(values, rate, config, ax, top, *, label, **options) -> Axes:
    ax = axes(height=2.6) if ax is None else ax
    frames, step = values.shape[1], config.hop / rate
    bin_width = rate / config.window_length / 1e3  # kHz
    rows = min(len(values), int(np.ceil((top or rate / 2) / 1e3 / bin_width)) + 1)
    with style():
        image = ax.imshow(
            values[:rows],
            extent=(-step / 2, (frames - 0.5) * step, -bin_width / 2, (rows - 0.5) * bin_width),
            interpolation="none",  # each bin a pixel of the page's picture
            **options,
        )
        ax.set(
            xlabel="time (s)",
            ylabel="frequency (kHz)",
            xlim=(0, (frames - 1) * step),
            ylim=(0, (top or rate / 2) / 1e3),
        )
        if label:
            ax.figure.colorbar(image, ax=ax, label=label, pad=0.02, aspect=14)
    return ax


def _mono(x: Any) -> np.ndarray:
    x = as_array(x)
    return x.reshape(-1, x.shape[-1]).mean(axis=0)
