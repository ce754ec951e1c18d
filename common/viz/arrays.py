"""What viz is given, as a NumPy array."""

from __future__ import annotations

from typing import Any

import numpy as np

from common.checks import is_tensor


def as_array(x: Any, dtype: Any = None) -> np.ndarray:
    """Return `x` as an array: a tensor from whatever device it is on, without its gradient."""
    return np.asarray(x.detach().cpu() if is_tensor(x) else x, dtype=dtype)
