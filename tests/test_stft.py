"""The transform is exact, agrees with its peers, and refuses what it could not invert."""

import librosa
import numpy as np
import pytest
import torch

from common.seed import rng
from common.stft import STFTConfig, decibels, istft, magnitude, phase, stft, window

CONFIGS = [STFTConfig(), STFTConfig(512, 200, "hann"), STFTConfig(64, 50, "hamming"),
           STFTConfig(256, 256, "boxcar"), STFTConfig(2048, 512, "blackman")]
LENGTHS = [1, 7, 255, 1024, 4097, 22051]


def noise(*shape, dtype=np.float64):
    return rng("test_stft", shape).standard_normal(shape).astype(dtype)


def as_given(x, kind):
    return torch.from_numpy(x) if kind == "torch" else x


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("config", CONFIGS, ids=str)
@pytest.mark.parametrize("length", LENGTHS)
def test_inverse_is_exact(length, config, dtype, kind):
    x = as_given(noise(2, 3, length, dtype=dtype), kind)
    y = istft(stft(x, config), length=length, config=config)
    assert type(y) is type(x) and y.dtype == x.dtype and y.shape == x.shape
    error, signal = np.asarray(y - x), np.asarray(x)
    assert np.linalg.norm(error) <= 1e-6 * np.linalg.norm(signal)
    assert np.abs(error).max() <= 1e-6 * np.abs(signal).max()


@pytest.mark.parametrize("shape", [(5000,), (1, 5000), (2, 5000), (4, 2, 5000), (3, 4, 2, 5000)])
def test_any_number_of_leading_axes(shape):
    x = noise(*shape)
    X = stft(x)
    assert X.shape == (*shape[:-1], 513, 21)
    flat = x.reshape(-1, 5000)
    alone = np.stack([stft(row) for row in flat]).reshape(X.shape)
    assert np.array_equal(X, alone)


@pytest.mark.parametrize("level", [1e-12, 1e-3, 1.0, 1e6])
def test_inverse_is_exact_at_any_level(level):
    x = (level * noise(4000)).astype(np.float32)
    assert np.linalg.norm(istft(stft(x), length=4000) - x) <= 1e-6 * np.linalg.norm(x)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_silence_stays_exactly_silent(kind):
    x = as_given(np.zeros((2, 3000), np.float32), kind)
    X = stft(x)
    assert not bool((X != 0).any())
    assert not bool((istft(X, length=3000) != 0).any())


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_numpy_and_torch_agree(config):
    x = noise(2, 5001)
    assert np.allclose(stft(torch.from_numpy(x), config).numpy(), stft(x, config), atol=1e-10)


def test_agrees_with_librosa_and_torch():
    config, x = STFTConfig(), noise(1024 * 8)
    ours, w = stft(x, config), window(config)
    peer = librosa.stft(x, n_fft=1024, hop_length=256, window=w, pad_mode="constant")
    assert np.allclose(ours, peer, atol=1e-10)
    tensor = torch.from_numpy(x)
    peer = torch.stft(tensor, 1024, 256, window=torch.from_numpy(w.copy()), pad_mode="constant",
                      return_complex=True)
    assert np.allclose(ours, peer.numpy(), atol=1e-10)


def test_gradients_flow_through_both_directions():
    x = torch.from_numpy(noise(900)).requires_grad_()
    config = STFTConfig(64, 16)
    y = istft(2 * stft(x, config), length=900, config=config)
    y.sum().backward()
    assert torch.allclose(x.grad, torch.full_like(x, 2.0))


def test_a_full_scale_sine_is_zero_decibels():
    config, rate, bin_ = STFTConfig(), 22050, 40
    f = config.frequencies(rate)[bin_]
    x = np.sin(2 * np.pi * f * np.arange(rate) / rate)
    level = decibels(magnitude(stft(x, config)), reference=config.full_scale)
    middle = level[:, level.shape[1] // 2]
    assert middle.argmax() == bin_ and abs(middle.max()) < 0.01
    assert np.isclose(config.times(3, rate)[2], 2 * 256 / rate)


def test_magnitude_and_phase_make_the_spectrogram():
    X = stft(noise(3000))
    assert np.allclose(magnitude(X) * np.exp(1j * phase(X)), X)


def test_decibels_stop_at_the_floor():
    x = np.array([0.0, 1e-9, 0.1, 1.0])
    assert np.allclose(decibels(x), [-80, -80, -20, 0])
    assert np.allclose(decibels(torch.from_numpy(x), floor=-30).numpy(), [-30, -30, -20, 0])


@pytest.mark.parametrize(("arguments", "said"), [
    ((1024, 1024, "sqrt_hann"), "sqrt_hann window of 1024 samples with a hop of 1024"),
    ((1024, 1000, "hann"), "hop of 1000"),
    ((1024, 0, "hann"), "hop"),
    ((1024, 2048, "boxcar"), "hop"),
    ((1023, 256, "hann"), "even"),
    ((1024, 256, "triangle"), "sqrt_hann, hann"),
])
def test_a_configuration_without_an_inverse_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        STFTConfig(*arguments)


def test_nola_is_refused_where_scipy_refuses_it():
    import scipy.signal
    for name in ("hann", "hamming", "boxcar"):
        for hop in (16, 32, 33, 63, 64):
            try:
                STFTConfig(64, hop, name)
            except ValueError:
                continue
            assert scipy.signal.check_NOLA(name, 64, 64 - hop)


@pytest.mark.parametrize(("x", "error", "said"), [
    ([0.0, 1.0], TypeError, "NumPy array or a torch tensor"),
    (np.zeros(100, np.int16), TypeError, "32768"),
    (np.zeros(100, complex), TypeError, "float32 or float64"),
    (np.zeros((2, 0)), ValueError, "at least one sample"),
    (np.zeros(()), ValueError, "sample"),
])
def test_input_that_is_no_signal_is_refused(x, error, said):
    with pytest.raises(error, match=said):
        stft(x)


def test_a_spectrogram_that_does_not_fit_is_refused():
    X = stft(noise(3000))
    with pytest.raises(TypeError, match="complex"):
        istft(magnitude(X), length=3000)
    with pytest.raises(ValueError, match="length and config"):
        istft(X, length=9000)
    with pytest.raises(ValueError, match=r"\(513, 13\)"):
        istft(X[:100], length=3000)
