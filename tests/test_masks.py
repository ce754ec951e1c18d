"""Ideal masks: values by hand, optimality, silence, and the same answer from NumPy and torch."""

import numpy as np
import pytest
import torch

from common.masks import (
    audible,
    ideal_binary_mask,
    ideal_complex_mask,
    ideal_ratio_mask,
    phase_sensitive_mask,
    static_mask,
)
from common.seed import rng


def spectrogram(name, shape=(2, 17, 9)):
    r = rng("test_masks", name)
    return r.standard_normal(shape) + 1j * r.standard_normal(shape)


S, N = spectrogram("target"), spectrogram("other")
X = S + N


def error(mask):
    return np.abs(S - mask * X) ** 2


def test_by_hand():
    s, n = np.array([[3.0, 1.0, 0.0]]), np.array([[1.0, 3.0, 2.0]])
    assert np.allclose(ideal_binary_mask(s, n), [[1, 0, 0]])
    assert np.allclose(ideal_ratio_mask(s, n), [[0.75, 0.25, 0]])
    assert np.allclose(ideal_ratio_mask(s, n, exponent=2), [[0.9, 0.1, 0]])
    s, n = np.array([[1 + 0j, 1 + 0j, 2 + 0j]]), np.array([[1 + 0j, 1j, -1 + 0j]])
    assert np.allclose(ideal_complex_mask(s, s + n), [[0.5, 0.5 - 0.5j, 2]])
    assert np.allclose(phase_sensitive_mask(s, s + n, clip=False), [[0.5, 0.5, 2]])
    assert np.allclose(phase_sensitive_mask(s, s + n), [[0.5, 0.5, 1]])


def test_what_is_audible_by_hand():
    x = np.array([[100.0, 1.1, 0.9, 0.0], [0.0, -2.0, 2j, 0.5]])
    for mixture in (x, torch.from_numpy(x)):
        assert np.allclose(audible(mixture), [[1, 1, 0, 0], [0, 1, 1, 0]])
        assert np.allclose(audible(mixture, floor=-50.0), [[1, 1, 1, 0], [0, 1, 1, 1]])
        assert not audible(0 * mixture).any()
    both = np.stack([x, x / 1000])
    assert np.allclose(audible(both)[0], audible(both)[1])  # each spectrogram by its own loudest
    assert audible(x.real.astype(np.float32)).dtype == np.float32
    with pytest.raises(ValueError, match=r"mixture: expected at least 2 axes \(..., freq, frame"):
        audible(x[0])


def test_several_others():
    s, a, b = np.array([[2.0, 2.0]]), np.array([[1.0, 3.0]]), np.array([[1.0, 0.0]])
    assert np.allclose(ideal_binary_mask(s, a, b), [[1, 0]])
    assert np.allclose(ideal_ratio_mask(s, a, b), [[0.5, 0.4]])


def test_ratio_masks_of_all_sources_add_up_to_one():
    sources = [spectrogram(i) for i in range(4)]
    for p in (0.5, 1.0, 2.0, 7.0):
        total = sum(ideal_ratio_mask(s, *sources[:i], *sources[i + 1:], exponent=p)
                    for i, s in enumerate(sources))
        assert np.allclose(total, 1)


def test_each_optimum_beats_every_rival_of_its_family_in_every_bin():
    rivals = np.linspace(-3, 4, 141)[:, None, None, None]
    complex_, real = ideal_complex_mask(S, X), phase_sensitive_mask(S, X, clip=False)
    clipped, binary = phase_sensitive_mask(S, X), ideal_binary_mask(S, N)
    assert np.all(error(complex_) < 1e-20)
    assert np.all(error(real) <= error(rivals) + 1e-12)
    inside = rivals[(rivals >= 0).ravel() & (rivals <= 1).ravel()]
    assert np.all(error(clipped) <= error(inside) + 1e-12)
    assert np.all(error(binary) <= np.minimum(error(0.0), error(1.0)) + 1e-12)
    assert np.any(error(ideal_ratio_mask(S, N)) > error(clipped) + 0.1)   # a convention, no optimum


def test_a_large_exponent_tends_to_the_binary_mask():
    assert np.allclose(ideal_ratio_mask(S, N, exponent=1e5), ideal_binary_mask(S, N), atol=1e-3)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_ratio_is_the_same_at_any_level(scale):
    a, b = np.array([[3.0]]) * scale, np.array([[1.0]]) * scale
    assert np.allclose(ideal_ratio_mask(a, b, exponent=2), 0.9)


MASKS = {
    "binary": lambda s, n: ideal_binary_mask(s, n),
    "ratio": lambda s, n: ideal_ratio_mask(s, n),
    "power": lambda s, n: ideal_ratio_mask(s, n, exponent=2),
    "complex": lambda s, n: ideal_complex_mask(s, s + n),
    "phase-sensitive": lambda s, n: phase_sensitive_mask(s, s + n),
    "unclipped": lambda s, n: phase_sensitive_mask(s, s + n, clip=False),
}


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_silence_gives_zeros(name, dtype):
    silent = np.zeros((1, 4, 3), dtype)
    with np.errstate(all="raise"):
        mask = MASKS[name](silent, silent)
    assert mask.shape == silent.shape and np.all(mask == 0)
    assert mask.real.dtype == np.empty(0, dtype).real.dtype
    assert bool((MASKS[name](torch.from_numpy(silent), torch.from_numpy(silent)) == 0).all())


@pytest.mark.parametrize("name", MASKS)
def test_numpy_and_torch_agree(name):
    mask = MASKS[name](torch.from_numpy(S), torch.from_numpy(N))
    assert np.allclose(mask.numpy(), MASKS[name](S, N), atol=1e-12)


def test_static_mask():
    mask = static_mask(np.array([1.0, 3.0, 0.0, 1.0]), np.array([2.0, 2.0, 0.0, 4.0]))
    assert np.allclose(mask, [[0.5], [1.0], [0.0], [0.25]])
    as_tensor = static_mask(torch.tensor([1.0]), torch.tensor([2.0]))
    assert as_tensor.shape == (1, 1) and as_tensor.item() == 0.5


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        ideal_binary_mask(S)
    with pytest.raises(ValueError, match=r"target \(2, 17, 9\), other \(2, 17, 8\)"):
        ideal_ratio_mask(S, N[..., :8])
    with pytest.raises(ValueError, match="exponent"):
        ideal_ratio_mask(S, N, exponent=0)
    with pytest.raises(TypeError, match="complex"):
        phase_sensitive_mask(np.abs(S), X)
    with pytest.raises(TypeError, match="NumPy array"):
        ideal_binary_mask([1.0], [2.0])
