"""Separation networks, made of `common.blocks`: one short file, one chapter each."""

from common.architectures.mask_inference import MaskInference
from common.architectures.skip_mask_inference import SkipMaskInference

__all__ = ["MaskInference", "SkipMaskInference"]
