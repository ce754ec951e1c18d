"""Separation networks, made of `common.blocks`: one short file, one chapter each."""

from common.architectures.band_split import BandSplit
from common.architectures.chimera import Chimera
from common.architectures.conv_tasnet import ConvTasNet
from common.architectures.deep_clustering import DeepClustering
from common.architectures.dual_path import DualPath
from common.architectures.mask_inference import MaskInference
from common.architectures.open_unmix import OpenUnmix
from common.architectures.skip_mask_inference import SkipMaskInference
from common.architectures.tasnet import TasNet
from common.architectures.u_net import UNet

__all__ = [
    "BandSplit",
    "Chimera",
    "ConvTasNet",
    "DeepClustering",
    "DualPath",
    "MaskInference",
    "OpenUnmix",
    "SkipMaskInference",
    "TasNet",
    "UNet",
]
