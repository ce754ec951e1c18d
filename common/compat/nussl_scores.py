"""Patches of nussl's evaluation: the scores in JSON and the report card."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from common.compat.mending import replace


def scores_in_float64() -> None:
    """BSSEvalScale gives float32 for float32 audio, which json refuses."""
    from nussl.evaluation import bss_eval

    def preprocess(self):
        stacks = bss_eval.BSSEvaluationBase.preprocess(self)
        references, estimates = (stack.astype(np.float64) for stack in stacks)
        self.mixture = references.sum(axis=-1)
        for signals in (self.mixture, references, estimates):
            signals -= signals.mean(axis=0)
        return references, estimates

    replace(bss_eval.BSSEvalScale, "preprocess", lambda old: preprocess)


def _numbers_only(old):
    def statistics(df, decs=2):
        return old(df.drop(columns=["source", "file"], errors="ignore"), decs=decs)

    return statistics


def report_card_of_numbers() -> None:
    """report_card averages the columns 'source' and 'file' too; pandas 2 refuses text."""
    # nussl.evaluation.report_card is a function, which hides the module of that name.
    module = import_module("nussl.evaluation.report_card")
    replace(module, "_get_mean_and_std", _numbers_only)
    replace(module, "_get_medians", _numbers_only)
