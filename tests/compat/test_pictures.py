"""nussl's plots draw what they are given."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

from common.compat import nussl
from tests.compat.material import STEMS


@pytest.fixture
def axes():
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure = plt.figure()
    yield figure.gca()
    plt.close(figure)


@pytest.mark.parametrize("y_axis", ["linear", "log", "mel"])
def test_spectrogram(axes, sounds, y_axis):
    bass = sounds["bass"]
    nussl.utils.visualize_spectrogram(bass, y_axis=y_axis)
    (mesh,) = axes.collections
    image = np.asarray(mesh.get_array())
    rows = {"mel": 128}.get(y_axis, bass.stft_params.window_length // 2 + 1)
    assert image.shape[0] == rows
    assert image.max() == pytest.approx(0)  # decibels below the loudest
    top = {"mel": 11025.0}.get(y_axis)
    assert top is None or axes.get_ylim()[1] == pytest.approx(top, rel=0.02)


def test_waveforms_of_sources(axes, sounds):
    nussl.utils.visualize_sources_as_waveform(sounds)
    assert set(axes.get_legend_handles_labels()[1]) == set(STEMS)
    assert axes.get_xlim()[1] == pytest.approx(2.0, abs=0.2)
    assert axes.get_ylabel() == "Amplitude"


@pytest.mark.parametrize("y_axis", ["linear", "mel"])
def test_masks_of_sources(axes, sounds, y_axis):
    nussl.utils.visualize_sources_as_masks(sounds, y_axis=y_axis)
    assert len(axes.images) == len(STEMS)
    opacity = np.stack([image.get_array()[..., 3] for image in axes.images])
    assert 0 <= opacity.min() <= opacity.max() <= 255
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert set(labels) == set(STEMS)
