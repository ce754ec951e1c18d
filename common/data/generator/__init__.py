"""The music machine: everything audible in this book that is nobody's recording.

`compose` writes a song from a seed, `render` makes it sound. `VERSION` grows
whenever the same seed would give other samples.
"""

from common.data.generator.compose import Score, compose
from common.data.generator.mix import STEMS, render

VERSION = "1"

__all__ = ["STEMS", "VERSION", "Score", "compose", "render"]
