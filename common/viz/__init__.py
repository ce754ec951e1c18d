"""Pictures and sounds of the book: arrays in, something to look at or listen to out."""

from common.viz.diagram import diagram
from common.viz.live import Live
from common.viz.picture import Picture, show
from common.viz.signals import mask, spectrogram, waveform
from common.viz.sounds import Sound, compare, listen
from common.viz.style import OTHER_COLORS, SOURCE_COLORS, axes, source_color, style
from common.viz.widgets import (
    AudioBank,
    MaskListener,
    Scrubber,
    StemPlayer,
    StftExplorer,
    Unmixer,
)

__all__ = [
    "OTHER_COLORS",
    "SOURCE_COLORS",
    "AudioBank",
    "Live",
    "MaskListener",
    "Picture",
    "Scrubber",
    "Sound",
    "StemPlayer",
    "StftExplorer",
    "Unmixer",
    "axes",
    "compare",
    "diagram",
    "listen",
    "mask",
    "show",
    "source_color",
    "spectrogram",
    "style",
    "waveform",
]
