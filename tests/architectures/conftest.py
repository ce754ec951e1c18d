"""As for the blocks, every test draws the same numbers."""

from tests.blocks.conftest import seeded as seeded
