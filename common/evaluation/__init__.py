"""Measure a separation: scores of one estimate, and tables of many.

`metrics` and `bss_eval` score one estimate; `share` says how far a method came
from a fixed gain to the best mask; `baselines` makes the estimates that every
table must show; `table` and `scoring` put all of it in rows.
"""

from common.evaluation.baselines import baseline_estimates, fit_static_mask
from common.evaluation.bss_eval import BSSScores, bss_eval
from common.evaluation.metrics import si_sdr, si_sdr_improvement, usdr
from common.evaluation.scoring import score_songs
from common.evaluation.share import Share, share
from common.evaluation.table import Row, ScoreTable

__all__ = [
    "BSSScores",
    "Row",
    "ScoreTable",
    "Share",
    "baseline_estimates",
    "bss_eval",
    "fit_static_mask",
    "score_songs",
    "share",
    "si_sdr",
    "si_sdr_improvement",
    "usdr",
]
