"""The building blocks of separation networks: one short file, one chapter, one idea each.

Axes are those of the book's notation: spectrograms (batch, channel, freq, frame), several sources
(batch, source, channel, freq, frame), sequences (batch, frame, feature).
"""

from common.blocks.activation import GatedTanh, activate
from common.blocks.embedding import Embedding
from common.blocks.log_magnitude import AmplitudeToDB
from common.blocks.mask import ApplyMask
from common.blocks.mel import MelProjection
from common.blocks.normalization import BatchNorm, InstanceNorm, ScaleAndShift, normalize_by_bin
from common.blocks.recurrent import RecurrentStack

__all__ = [
    "AmplitudeToDB",
    "ApplyMask",
    "BatchNorm",
    "Embedding",
    "GatedTanh",
    "InstanceNorm",
    "MelProjection",
    "RecurrentStack",
    "ScaleAndShift",
    "activate",
    "normalize_by_bin",
]
