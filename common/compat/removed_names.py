"""Names that NumPy and SciPy have removed and that nussl and scaper still use."""

from __future__ import annotations


def scipy_signal_windows() -> None:
    """nussl.core.constants asks scipy.signal for its windows (gone in SciPy 1.13)."""
    import scipy.signal

    for name in ("hamming", "hann", "blackman"):
        if not hasattr(scipy.signal, name):
            setattr(scipy.signal, name, getattr(scipy.signal.windows, name))


def numpy_mat() -> None:
    """nussl's Duet builds its histogram with np.mat (gone in NumPy 2)."""
    import numpy as np

    if not hasattr(np, "mat"):
        np.mat = np.asmatrix


def numpy_inf() -> None:
    """scaper.core writes infinity as np.Inf (gone in NumPy 2)."""
    import numpy as np

    if not hasattr(np, "Inf"):
        np.Inf = np.inf


def numpy_linalg() -> None:
    """museval catches np.linalg.linalg.LinAlgError of singular systems (gone in NumPy 2.4)."""
    import numpy as np

    if not hasattr(np.linalg, "linalg"):
        np.linalg.linalg = np.linalg
