"""Instruments: widgets that compute and sound in the page, with a kernel or without one."""

from common.viz.widgets.bank import AudioBank
from common.viz.widgets.instrument import Instrument
from common.viz.widgets.mask_listener import MaskListener
from common.viz.widgets.scrubber import Scrubber
from common.viz.widgets.stem_player import StemPlayer
from common.viz.widgets.stft_explorer import StftExplorer
from common.viz.widgets.unmixer import Unmixer

__all__ = [
    "AudioBank",
    "Instrument",
    "MaskListener",
    "Scrubber",
    "StemPlayer",
    "StftExplorer",
    "Unmixer",
]
