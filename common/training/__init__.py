"""Training for real runs: steps, validation, checkpoints, resume, one process or many.

::

    plan = Plan(steps=1000, learning_rate=1e-3, clip_percentile=10)
    objective = MagnitudeObjective(losses.l1)
    train(model, objective, Mixer(load_songs("train")), plan)

``python -m common.train`` does it by a configuration file.
"""

from common.training.clustering import ChimeraObjective, ClusteringObjective
from common.training.folder import RunFolder
from common.training.loop import Diverged, Result, train
from common.training.objectives import MagnitudeObjective, WaveformObjective
from common.training.plan import Plan, learning_rate
from common.training.validation import Validation

__all__ = [
    "ChimeraObjective",
    "ClusteringObjective",
    "Diverged",
    "MagnitudeObjective",
    "Plan",
    "Result",
    "RunFolder",
    "Validation",
    "WaveformObjective",
    "learning_rate",
    "train",
]
