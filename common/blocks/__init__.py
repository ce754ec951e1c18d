"""The building blocks of separation networks: one short file, one chapter, one idea each.

Axes are those of the book's notation: spectrograms (batch, channel, freq, frame), several sources
(batch, source, channel, freq, frame), sequences (batch, frame, feature).
"""

from common.blocks.activation import GatedTanh, activate
from common.blocks.bands import BandDecoder, BandEncoder
from common.blocks.clustering import cluster_masks, find_centres, spread_centres
from common.blocks.convolution import DecoderStage, EncoderStage
from common.blocks.dilated import DilatedBlock, DilatedStack
from common.blocks.dual_path import DualPathBlock, ResidualRNN, from_chunks, to_chunks
from common.blocks.embedding import Embedding
from common.blocks.filterbank import LearnedDecoder, LearnedEncoder
from common.blocks.global_norm import GlobalNorm
from common.blocks.log_magnitude import AmplitudeToDB
from common.blocks.mask import ApplyMask
from common.blocks.mel import MelProjection
from common.blocks.normalization import BatchNorm, InstanceNorm, ScaleAndShift, normalize_by_bin
from common.blocks.normalized_linear import NormalizedLinear
from common.blocks.recurrent import RecurrentStack

__all__ = [
    "AmplitudeToDB",
    "ApplyMask",
    "BandDecoder",
    "BandEncoder",
    "BatchNorm",
    "DecoderStage",
    "DilatedBlock",
    "DilatedStack",
    "DualPathBlock",
    "Embedding",
    "EncoderStage",
    "GatedTanh",
    "GlobalNorm",
    "InstanceNorm",
    "LearnedDecoder",
    "LearnedEncoder",
    "MelProjection",
    "NormalizedLinear",
    "RecurrentStack",
    "ResidualRNN",
    "ScaleAndShift",
    "activate",
    "cluster_masks",
    "find_centres",
    "from_chunks",
    "normalize_by_bin",
    "spread_centres",
    "to_chunks",
]
