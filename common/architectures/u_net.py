"""U-Net: a spectrogram as a picture, made small and large again. *u-net* builds it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from common.blocks import AmplitudeToDB, ApplyMask, BatchNorm, DecoderStage, EncoderStage
from common.blocks.convolution import KERNEL
from common.checks import check_axes, check_count


class UNet(nn.Module):
    """Masks by convolutions: down in stages, and up again past what each stage had seen.

    It takes any number of bins and frames: halves are rounded up, and each stage up ends with the
    bins and frames that its stage down began with.

    Parameters
    ----------
    sources, channels : int
        Masks to infer, channels of the mixture. The paper trains a network of one mask for each
        source, on mono.
    width : int
        Feature maps of the first stage, each further one has twice as many. 16 in the paper.
    layers : int
        Stages down, and up.
    dropout : float
        In the first three stages up.
    reference : float
        The magnitude at 0 dB of its `AmplitudeToDB`.

    Notes
    -----
    Jansson, Humphrey, Montecchio, Bittner, Kumar and Weyde (2017), "Singing voice separation with
    deep U-Net convolutional networks". There the input is the magnitude divided by its maximum, of
    512 bins and 128 frames; here it is in decibels, as in this book's other networks.
    """

    def __init__(
        self,
        sources: int = 2,
        channels: int = 1,
        width: int = 8,
        layers: int = 6,
        dropout: float = 0.5,
        reference: float = 1.0,
    ) -> None:
        check_count(sources, "sources")
        check_count(channels, "channels")
        check_count(width, "width")
        check_count(layers, "layers")
        super().__init__()
        self.shape = (channels, sources)
        self.to_db = AmplitudeToDB(reference)
        self.normalize = BatchNorm()
        maps = [width * 2**stage for stage in range(layers)]  # 8, 16, 32, ...
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        for before, after in zip([channels, *maps], maps, strict=False):
            self.encoder.append(EncoderStage(before, after))
        for stage, after in enumerate(reversed(maps[:-1])):
            before = maps[-1] if stage == 0 else 4 * after  # as many again by the skip
            self.decoder.append(DecoderStage(before, after, dropout if stage < 3 else 0.0))
        before = 2 * width if layers > 1 else width
        self.last = nn.ConvTranspose2d(before, sources * channels, KERNEL, 2, KERNEL // 2)
        self.apply_mask = ApplyMask()

    def mask(self, magnitude: Tensor) -> Tensor:
        """(batch, channel, freq, frame) to masks, (batch, source, channel, freq, frame)."""
        channels, sources = self.shape
        check_axes(magnitude, "magnitude", "batch channel freq frame", self.last.weight,
                   channel=channels)  # fmt: skip
        x = self.normalize(self.to_db(magnitude))  # (batch, channel, freq, frame)
        skips = []
        for stage in self.encoder:
            skips.append(x)
            x = stage(x)  # (batch, map, freq / 2, frame / 2)
        for stage in self.decoder:
            skip = skips.pop()
            x = torch.cat([stage(x, skip.shape[2:]), skip], dim=1)  # (batch, 2 * map, freq, frame)
        x = self.last(x, output_size=skips.pop().shape[2:])  # (batch, source * channel, ...)
        return torch.sigmoid(x).unflatten(1, (sources, channels))

    def forward(self, magnitude: Tensor) -> Tensor:
        """The mixture's magnitude, (batch, channel, freq, frame), to the sources' magnitudes.

        Returns
        -------
        tensor, (batch, source, channel, freq, frame)
        """
        return self.apply_mask(self.mask(magnitude), magnitude)
