"""The part of soxbindings that nussl and scaper use, without libsox::

    import soxbindings as sox
    sox.Transformer().tempo(1.2).pitch(2).build_array(input_array=x, sample_rate_in=44100)
"""

from .transformer import Transformer

__all__ = ["Transformer"]
