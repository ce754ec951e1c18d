"""Import one of the old packages with the patches that it needs.

A patch is a function without arguments. The first line of its docstring says what
breaks without it. It looks whether it is needed, does nothing where it is not, and
may be called twice. Those under ``before`` run before the package is imported,
those under ``after`` once it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from common.compat import (
    nussl_audio,
    nussl_cache,
    nussl_models,
    nussl_pictures,
    nussl_scores,
    nussl_workers,
    removed_names,
    stempeg_io,
)

Patch = Callable[[], None]


@dataclass(frozen=True)
class Recipe:
    """What one package needs: other packages first, then patches before and after it."""

    needs: tuple[str, ...] = ()
    before: tuple[Patch, ...] = ()
    after: tuple[Patch, ...] = ()


RECIPES = {
    "stempeg": Recipe(
        before=(stempeg_io.stempeg_without_ffmpeg,),
        after=(stempeg_io.stempeg_read, stempeg_io.stempeg_write),
    ),
    "musdb": Recipe(needs=("stempeg",)),
    "museval": Recipe(needs=("musdb",), before=(removed_names.numpy_linalg,)),
    "scaper": Recipe(before=(removed_names.numpy_inf,)),
    "nussl": Recipe(
        needs=("musdb", "museval"),
        before=(removed_names.scipy_signal_windows, removed_names.numpy_mat),
        after=(
            nussl_audio.librosa_resample_and_rms,
            nussl_audio.window_names,
            nussl_audio.full_scale_in_files,
            nussl_audio.player_in_memory,
            nussl_pictures.mel_spectrogram_plot,
            nussl_pictures.waveform_plot,
            nussl_pictures.masks_plot,
            nussl_models.librosa_mel,
            nussl_models.classes_in_checkpoints,
            nussl_scores.scores_in_float64,
            nussl_scores.report_card_of_numbers,
            nussl_cache.cache_in_files,
            nussl_workers.datasets_in_workers,
        ),
    ),
}


def load(package: str, *, without: Collection[str] = ()) -> ModuleType:
    """Import ``package`` and apply its patches.

    Parameters
    ----------
    package
        A key of ``RECIPES``.
    without
        Names of patches to leave out. Only the tests use it, to see that each is needed.
    """
    recipe = RECIPES[package]
    for other in recipe.needs:
        load(other, without=without)
    _apply(recipe.before, without)
    module = import_module(package)
    _apply(recipe.after, without)
    return module


def _apply(patches: tuple[Patch, ...], without: Collection[str]) -> None:
    for patch in patches:
        if patch.__name__ not in without:
            patch()
