"""Separation networks, made of `common.blocks`: one short file, one chapter each."""

from common.architectures.mask_inference import MaskInference

__all__ = ["MaskInference"]
