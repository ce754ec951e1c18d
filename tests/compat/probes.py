"""For each patch a probe: it passes with the patch and fails, in a known way, without it.

A probe runs in a process of its own, in which no program is found (no ffmpeg, no sox).
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from tests.compat import material
from tests.compat import probes_by_patch as by_patch

# What the packages import that no patch touches: loaded once, before the probes' processes fork.
PRELOAD = [
    "audioread", "av", "gpytorch", "ignite.contrib.handlers", "ignite.metrics", "jams",
    "librosa.core", "librosa.decompose", "librosa.display", "librosa.feature", "librosa.filters",
    "matplotlib.pyplot", "norbert", "numba", "pandas", "pyloudnorm", "scipy.fftpack",
    "scipy.ndimage", "scipy.signal", "scipy.special", "sklearn.cluster", "sklearn.decomposition",
    "sklearn.metrics", "sklearn.mixture", "sklearn.preprocessing", "soundfile", "soxbindings",
    "torch.utils.tensorboard", "zarr",
]  # fmt: skip


Probe = Callable[[], None]


def run(connection, package: str, probes: list[Probe], without: tuple[str, ...], path: str) -> None:
    """Load ``package`` without some patches, run the probes, send the tracebacks that arise."""
    os.environ["PATH"] = path
    warnings.simplefilter("ignore")
    tracebacks = []
    try:
        from common.compat.loading import load

        for _ in range(2):  # patches may be applied twice
            load(package, without=without)
    except Exception:
        connection.send([traceback.format_exc()])
        return
    for probe in probes:
        try:
            probe()
        except Exception:
            tracebacks.append(traceback.format_exc())
    connection.send(tracebacks)


def programs_are_used() -> None:
    """Not of a patch: with ffmpeg and ffprobe on the PATH, stempeg is as it came."""
    import stempeg
    import stempeg.cmds

    assert stempeg.cmds.__file__.endswith("cmds.py")
    assert stempeg.cmds.FFMPEG_PATH.endswith("ffmpeg")
    for function in (stempeg.read._read_ffmpeg, stempeg.read.ffmpeg.probe, stempeg.write_audio):
        assert "compat" not in function.__module__


def pysox_is_no_way_out() -> None:
    """Not of a patch: without the stand-in for soxbindings, scaper cannot make a sound."""
    sys.modules["soxbindings"] = None
    from common.compat import scaper

    with tempfile.TemporaryDirectory() as folder:
        foreground, background = material.write_sources_for_scaper(Path(folder))
        soundscape = scaper.Scaper(1.0, foreground, background, random_state=0)
        soundscape.add_background(("const", "hiss"), ("choose", []), ("const", 0))
        try:
            soundscape.generate()
        except (ValueError, scaper.core.sox.SoxError):
            return
    raise AssertionError("scaper worked without soxbindings: is the stand-in still needed?")


# The patch's name: the package to load, the probe, and a part of the traceback without the patch.
PROBES: dict[str, tuple[str, Probe, str]] = {
    "stempeg_without_ffmpeg": (
        "stempeg",
        by_patch.stempeg_imports,
        "ffmpeg or ffprobe could not be found",
    ),
    "stempeg_read": ("stempeg", by_patch.stempeg_reads, "'ffprobe'"),
    "stempeg_write": ("stempeg", by_patch.stempeg_writes, "'ffmpeg'"),
    "numpy_linalg": ("museval", by_patch.singular_systems_are_solved, "no attribute 'linalg'"),
    "numpy_inf": ("scaper", by_patch.scaper_instantiates_events, "`np.Inf` was removed"),
    "scipy_signal_windows": ("nussl", by_patch.windows_are_named, "no attribute 'hamming'"),
    "numpy_mat": ("nussl", by_patch.duet_separates, "`np.mat` was removed"),
    "librosa_resample_and_rms": (
        "nussl",
        by_patch.resample_and_rms,
        "takes 0 positional arguments",
    ),
    "window_names": ("nussl", by_patch.hanning_is_hann, "Invalid window name 'hanning'"),
    "full_scale_in_files": ("nussl", by_patch.full_scale_stays, "Arrays are not equal"),
    "player_in_memory": ("nussl", by_patch.player_holds_mp3, "ffmpeg"),
    "mel_spectrogram_plot": (
        "nussl",
        by_patch.mel_spectrogram_drawn,
        "takes 0 positional arguments",
    ),
    "waveform_plot": ("nussl", by_patch.waveform_drawn, "no attribute 'waveplot'"),
    "masks_plot": ("nussl", by_patch.masks_drawn, "'tempo_min' and 'tempo_max'"),
    "librosa_mel": ("nussl", by_patch.mel_projection_built, "takes 0 positional arguments"),
    "classes_in_checkpoints": ("nussl", by_patch.checkpoint_loads, "Weights only load failed"),
    "scores_in_float64": ("nussl", by_patch.scores_are_json, "float32 is not JSON serializable"),
    "report_card_of_numbers": ("nussl", by_patch.report_card_written, "Cannot perform reduction"),
    "cache_in_files": ("nussl", by_patch.cache_keeps_items, "zarr"),
    "datasets_in_workers": (
        "nussl",
        by_patch.pickled_datasets_load_compat_first,
        "nussl.datasets.hooks",
    ),
}
