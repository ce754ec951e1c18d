"""Ideal and static masks, elementwise on spectrograms, for NumPy arrays and torch tensors alike.

The chapters *masks* and *oracles* build them. Where mixture and sources are silent a mask is 0,
never NaN.
"""

from __future__ import annotations

from typing import Any

from common.checks import (
    backend,
    check_array,
    check_complex,
    check_dimensions,
    check_positive,
    check_same_shape,
)


def ideal_binary_mask(target: Any, *others: Any) -> Any:
    """1 in the bins where the target is louder than each of the others, else 0.

    Parameters
    ----------
    target, *others : array or tensor, (..., freq, frame), complex or magnitude
        With one other, the rest of the mixture, it is the best of all masks of zeros and ones with
        the mixture's phase: it minimises the squared error of every STFT coefficient.

    Returns
    -------
    array or tensor, same shape, 0.0 or 1.0

    Notes
    -----
    Wang (2005), "On ideal binary mask as the computational goal of auditory scene analysis".

    Examples
    --------
    >>> import numpy as np
    >>> vocals, drums = np.array([[3.0, 1.0]]), np.array([[1.0, 2.0]])  # (freq, frame)
    >>> ideal_binary_mask(vocals, drums)
    array([[1., 0.]])
    """
    target, *others = _magnitudes(target, others)
    loudest = others[0]
    for other in others[1:]:
        loudest = backend(target).maximum(loudest, other)
    won = target > loudest
    return won.to(target.dtype) if hasattr(won, "to") else won.astype(target.dtype)


def ideal_ratio_mask(target: Any, *others: Any, exponent: float = 1.0) -> Any:
    """The target's share of each bin: ``|S|^p / (|S|^p + sum of |N|^p)``.

    Parameters
    ----------
    target, *others : array or tensor, (..., freq, frame), complex or magnitude
    exponent : float
        p. With 1 it is the ideal ratio mask (IRM), with 2 a Wiener-like ratio of powers; as p grows
        it becomes the ideal binary mask.

    Returns
    -------
    array or tensor, same shape, in [0, 1]

    Notes
    -----
    Liutkus and Badeau (2015), "Generalized Wiener filtering with fractional power spectrograms".

    Examples
    --------
    >>> import numpy as np
    >>> vocals, drums = np.array([[3.0, 1.0]]), np.array([[1.0, 1.0]])  # (freq, frame)
    >>> ideal_ratio_mask(vocals, drums)
    array([[0.75, 0.5 ]])
    >>> ideal_ratio_mask(vocals, drums, exponent=2)
    array([[0.9, 0.5]])
    """
    check_positive(exponent, "exponent")
    target, *others = _magnitudes(target, others)
    xp = backend(target)
    loudest = target
    for other in others:
        loudest = xp.maximum(loudest, other)
    power = _ratio(target, loudest) ** exponent  # at most 1: no power can overflow
    total = power
    for other in others:
        total = total + _ratio(other, loudest) ** exponent
    return _ratio(power, total)


def ideal_complex_mask(target: Any, mixture: Any) -> Any:
    """S / X: the complex gain that turns the mixture into the target, exactly.

    Parameters
    ----------
    target, mixture : array or tensor, (..., freq, frame), complex

    Returns
    -------
    array or tensor, same shape, complex, unbounded; 0 where the mixture is 0

    Notes
    -----
    Williamson, Wang and Wang (2016), "Complex ratio masking for monaural speech separation".
    """
    check_complex(target, "target")
    check_complex(mixture, "mixture")
    check_same_shape(target=target, mixture=mixture)
    return _ratio(target, mixture)


def phase_sensitive_mask(target: Any, mixture: Any, *, clip: bool = True) -> Any:
    """``|S| / |X| cos(phase of S - phase of X)``: the real part of the ideal complex mask.

    Parameters
    ----------
    target, mixture : array or tensor, (..., freq, frame), complex
    clip : bool
        Clip to [0, 1]: the least-squares optimum of all masks in [0, 1] with the mixture's phase.
        Unclipped, it is the optimum of all real masks.

    Returns
    -------
    array or tensor, same shape, real; 0 where the mixture is 0

    Notes
    -----
    Erdogan, Hershey, Watanabe and Le Roux (2015), "Phase-sensitive and recognition-boosted speech
    separation using deep recurrent neural networks".

    Examples
    --------
    >>> import numpy as np
    >>> mixture = np.array([[1.0 + 0j, 1.0, 1.0]])  # (freq, frame)
    >>> target = np.array([[0.5, 0.5j, -0.5]])  # in phase, a quarter turn off, against it
    >>> phase_sensitive_mask(target, mixture)
    array([[0.5, 0. , 0. ]])
    >>> phase_sensitive_mask(target, mixture, clip=False)
    array([[ 0.5,  0. , -0.5]])
    """
    mask = ideal_complex_mask(target, mixture).real
    return backend(mask).clip(mask, 0.0, 1.0) if clip else mask


def static_mask(target_power: Any, mixture_power: Any) -> Any:
    """One gain a frequency, the same in every frame: what can be had without looking at the song.

    Parameters
    ----------
    target_power, mixture_power : array or tensor, (freq,), not negative
        ``|S|^2`` and ``|X|^2`` added up over all frames of all training songs.

    Returns
    -------
    array or tensor, (freq, 1), in [0, 1]
        Multiply it onto a spectrogram (..., freq, frame).

    Examples
    --------
    >>> import numpy as np
    >>> static_mask(np.array([1.0, 4.0]), np.array([4.0, 5.0]))  # (freq, 1)
    array([[0.25],
           [0.8 ]])
    """
    check_same_shape(target_power=target_power, mixture_power=mixture_power)
    gain = backend(target_power).clip(_ratio(target_power, mixture_power), 0.0, 1.0)
    return gain[:, None]


def audible(mixture: Any, *, floor: float = -40.0) -> Any:
    """1 in the bins that a listener might hear in the mixture, else 0.

    Parameters
    ----------
    mixture : array or tensor, (..., freq, frame), complex or magnitude
    floor : float
        In dB from the loudest bin of the spectrogram; what lies below counts as silent.

    Returns
    -------
    array or tensor, same shape, 0.0 or 1.0; all 0 where the mixture is silence

    Notes
    -----
    Hershey, Chen, Le Roux and Watanabe (2016), "Deep clustering: discriminative embeddings for
    segmentation and separation", leave such bins out, with a floor of -40 dB.

    Examples
    --------
    >>> import numpy as np
    >>> audible(np.array([[1.0, 0.1, 0.001]]))  # 0, -20 and -60 dB
    array([[1., 1., 0.]])
    """
    check_array(mixture, "mixture")
    check_dimensions(mixture, "mixture", ("freq", "frame"))
    level = backend(mixture).abs(mixture)
    loudest = backend(level).amax(level, (-2, -1), keepdims=True)
    heard = level > loudest * 10 ** (floor / 20)
    return heard.to(level.dtype) if hasattr(heard, "to") else heard.astype(level.dtype)


def _magnitudes(target: Any, others: tuple) -> list:
    if not others:
        raise ValueError("others: expected at least one, got none; pass the rest of the mixture")
    for i, x in enumerate((target, *others)):
        check_array(x, "target" if i == 0 else f"others[{i - 1}]")
        check_same_shape(target=target, other=x)
    return [backend(x).abs(x) for x in (target, *others)]


def _ratio(numerator: Any, denominator: Any) -> Any:
    """numerator / denominator, and 0 where the denominator is 0."""
    xp = backend(denominator)
    some = denominator != 0
    return xp.where(some, numerator / xp.where(some, denominator, 1), 0)
