"""Each guard lets the right thing through, and says what it expected, what came, how to mend it."""

import numpy as np
import pytest
import torch

from common import checks

ONE = torch.ones(1)
SPECTROGRAM = torch.ones(2, 1, 5, 7)
AXES = "batch channel freq frame"
SEQUENCE = "batch frame feature"


@pytest.mark.parametrize(("check", "arguments", "sizes"), [
    ("array", (np.ones(3), "x"), {}),
    ("array", (ONE, "x"), {}),
    ("floating", (np.ones(3, np.float32), "x"), {}),
    ("complex", (ONE + 0j, "x"), {}),
    ("dimensions", (np.ones((3, 2)), "x", ["sample"]), {}),
    ("finite", (np.array([1e300, -1.0]), "x"), {}),
    ("positive", (1e-9, "gain"), {}),
    ("same_shape", (), {"a": np.ones((2, 3)), "b": torch.ones(2, 3)}),
    ("axes", (SPECTROGRAM, "x", AXES, ONE), {"batch": 2, "freq": 5}),
    ("axes", (SPECTROGRAM, "x", "... freq frame"), {"freq": 5, "frame": 7}),
    ("axes", (SPECTROGRAM[0, 0], "x", "... freq frame"), {"freq": 5}),
    ("count", (1, "layers"), {}),
    ("count", (np.int64(513), "bins"), {"above": 512}),
    ("choice", ("gru", "kind", ("rnn", "gru")), {}),
])  # fmt: skip
def test_what_fits_passes(check, arguments, sizes):
    assert getattr(checks, f"check_{check}")(*arguments, **sizes) is None


def refused(check, *arguments, **sizes):
    """The kind of error, and what it says."""
    with pytest.raises((TypeError, ValueError)) as caught:
        getattr(checks, f"check_{check}")(*arguments, **sizes)
    return caught.type, str(caught.value)


@pytest.mark.parametrize(("check", "arguments", "error", "said"), [
    ("array", ([1.0], "x"), TypeError,
     "x: expected a NumPy array or a torch tensor, got list; wrap it in np.asarray(...)"),
    ("floating", (torch.ones(3, dtype=torch.int16), "x"), TypeError,
     "x: expected float32 or float64, got torch.int16; convert it first"),
    ("complex", (ONE, "X"), TypeError,
     "X: expected a complex spectrogram, got torch.float32; pass the output of stft"),
    ("dimensions", (np.ones(3), "X", ["freq", "frame"]), ValueError,
     "X: expected at least 2 axes (..., freq, frame), got shape (3,)"),
    ("finite", (torch.tensor([1.0, np.nan, -np.inf]), "x"), ValueError,
     "x: expected finite numbers, got 2 NaN or infinite; look for a division by zero"),
    ("positive", (0.0, "rate"), ValueError, "rate: expected a number above 0, got 0.0"),
    ("positive", (np.inf, "rate"), ValueError, "rate: expected a number above 0, got inf"),
    ("count", (0, "bins"), ValueError, "bins: expected a whole number above 0, got 0"),
    ("count", (1, "bins", 1), ValueError, "bins: expected a whole number above 1, got 1"),
    ("count", (2.0, "bins"), ValueError, "bins: expected a whole number above 0, got 2.0"),
    ("count", (True, "bins"), ValueError, "bins: expected a whole number above 0, got True"),
    ("choice", ("lstmm", "kind", ("rnn", "lstm")), ValueError,
     "kind: expected one of rnn, lstm, got 'lstmm'"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(check, arguments, error, said):
    kind, text = refused(check, *arguments)
    assert kind is error
    assert said in text


def test_shapes_that_differ_are_refused():
    kind, text = refused("same_shape", target=np.ones(3), mixture=np.ones(4))
    assert kind is ValueError
    assert text.startswith("expected equal shapes, got target (3,), mixture (4,); cut or pad")


@pytest.mark.parametrize(("x", "axes", "error", "said"), [
    (np.ones((2, 3, 4)), SEQUENCE, TypeError,
     "expected a torch tensor (batch, frame, feature 4), got ndarray; make it one with torch.from"),
    (torch.ones(2, 3, 4, dtype=int), SEQUENCE, TypeError,
     "expected real floating-point numbers, got torch.int64"),
    (torch.ones(2, 3, 4) + 0j, SEQUENCE, TypeError,
     "expected real floating-point numbers, got torch.complex64; of a complex spectrogram pass"),
    (torch.ones(3, 4), SEQUENCE, ValueError,
     "expected (batch, frame, feature 4), got shape (3, 4); x[None] puts a batch of one in front"),
    (torch.ones(2, 4, 3), SEQUENCE, ValueError,
     "expected (batch, frame, feature 4), got shape (2, 4, 3); permute or cut it"),
    (torch.ones(1, 2, 3, 4), SEQUENCE, ValueError,
     "expected (batch, frame, feature 4), got shape (1, 2, 3, 4); permute or cut it"),
    (torch.ones(2, 5, 4), "... feature frame", ValueError,
     "expected (..., feature 4, frame), got shape (2, 5, 4); permute or cut it"),
    (torch.ones(4), "... feature frame", ValueError,
     "expected (..., feature 4, frame), got shape (4,)"),
])  # fmt: skip
def test_axes_that_do_not_fit_are_refused(x, axes, error, said):
    kind, text = refused("axes", x, "x", axes, feature=4)
    assert kind is error
    assert text.startswith(f"x: {said}")


@pytest.mark.parametrize("other", [torch.float64, "meta"])
def test_another_precision_or_device_than_the_weights_is_refused(other):
    x = SPECTROGRAM.to(other)
    kind, text = refused("axes", x, "magnitude", AXES, ONE)
    assert kind is TypeError
    assert text == (
        f"magnitude: expected torch.float32 on cpu, as the weights are, got {x.dtype} on "
        f"{x.device}; pass magnitude.to('cpu', torch.float32)"
    )


def test_autocast_may_mix_precisions():
    with torch.autocast("cpu", torch.bfloat16):
        checks.check_axes(SPECTROGRAM.bfloat16(), "x", AXES, ONE)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5), (2, 3, 5, 7)])
def test_dots_stand_for_any_number_of_axes(shape):
    checks.check_axes(torch.ones(shape), "x", "batch source ...", source=3)
    checks.check_axes(torch.ones(shape), "x", "... last", last=shape[-1])
    kind, text = refused("axes", torch.ones(shape), "x", "batch source ...", source=4)
    assert kind is ValueError
    assert text == f"x: expected (batch, source 4, ...), got shape {shape}; permute or cut it"
