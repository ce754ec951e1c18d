"""Draw the README's picture, a song times a mask is a voice: ``python -m book._assets.mask``."""

from __future__ import annotations

import io
import os

from PIL import Image

from common import viz
from common.build.book import Book
from common.data import load_clip
from common.masks import ideal_ratio_mask
from common.stft import stft

PLACE = "book/_assets/mask.png"
TOP = 4000  # Hz
COLORS = 128


def draw() -> Image.Image:
    """A song's spectrogram, the ratio mask of its vocals, and their product."""
    song = load_clip("harbour-lights").excerpt(start=1.0, duration=5.0)
    mixture, vocals = stft(song.mixture), stft(song.stems["vocals"])
    mask = ideal_ratio_mask(vocals, mixture - vocals)
    panels = viz.axes(1, 3, width=10.5, height=2.6, sharey=True)
    look = {"rate": song.rate, "top": TOP, "colorbar": False}
    viz.spectrogram(mixture, ax=panels[0], **look)
    viz.mask(mask, ax=panels[1], **look)
    viz.spectrogram(mask * mixture, ax=panels[2], **look)
    titles = ["a song", "× a mask", "= a voice without its band"]
    for panel, title in zip(panels, titles, strict=True):
        panel.set_title(title)
        panel.label_outer()
    figure, out = panels[0].figure, io.BytesIO()
    for text in figure.findobj(lambda artist: hasattr(artist, "set_fontsize")):
        text.set_color("black")
    figure.savefig(out, dpi=110, facecolor="white")
    return Image.open(out).convert("RGB").quantize(COLORS)


if __name__ == "__main__":
    place = Book().root / PLACE
    half = place.with_suffix(".part")
    draw().save(half, format="png", optimize=True)
    os.replace(half, place)
    print(place)
