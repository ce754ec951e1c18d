"""Pictures carry their alt text and the page's colours; players carry the sound, at its level."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile

from common import viz
from common.seed import rng
from common.stft import stft
from common.viz.style import INK

RATE = 22050
NOISE = (0.1 * rng("test_viz").standard_normal(2 * RATE)).astype(np.float32)
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.float32)


def sounds_in(page):
    for data in re.findall(r"data:audio/mpeg;base64,([^\"]+)", page):
        yield soundfile.read(io.BytesIO(base64.b64decode(data)))


def level(x):
    return 10 * np.log10(np.mean(x**2))


def test_a_picture_takes_the_colour_of_the_page_and_says_what_it_shows():
    ax = viz.spectrogram(stft(TONE), rate=RATE)
    page = viz.show(ax, alt='A tone, "pure", at 440 Hz')._repr_html_()
    assert 'aria-label="A tone, &quot;pure&quot;, at 440 Hz"' in page and 'role="img"' in page
    assert "currentColor" in page and INK not in page
    assert "image/webp" in page and "image/png" not in page


def test_a_picture_is_the_same_every_time():
    def draw():
        return viz.show(viz.waveform({"vocals": TONE}, rate=RATE), alt="one tone at 440 Hz")
    assert draw()._repr_html_() == draw()._repr_html_()
    assert repr(draw()) == "<Picture: one tone at 440 Hz>"


def test_two_pictures_share_no_id():
    ax = viz.waveform({"vocals": TONE[:3000]}, rate=RATE)
    pages = [viz.show(ax, alt=f"tone number {i} of two")._repr_html_() for i in range(2)]
    clips = [set(re.findall(r'<clipPath id="([^"]+)"', page)) for page in pages]
    assert clips[0] and not clips[0] & clips[1]


def test_a_picture_without_a_description_is_refused():
    with pytest.raises(ValueError, match="alt"):
        viz.show(viz.waveform({"vocals": TONE}, rate=RATE), alt="waveform")


def test_axes_are_used_and_returned():
    ax = viz.axes()
    assert viz.spectrogram(stft(TONE), rate=RATE, ax=ax) is ax
    ax = viz.axes()
    assert viz.mask(np.ones((513, 9)), rate=RATE, ax=ax) is ax
    assert ax.images[0].get_clim() == (0, 1)
    signed = viz.mask(np.ones((513, 9)), rate=RATE, signed=True)
    assert signed.images[0].get_clim() == (-2, 2)


def test_a_spectrogram_shows_a_tone_where_it_is():
    ax = viz.spectrogram(stft(TONE), rate=RATE)
    image = ax.images[0].get_array()
    bottom, top = ax.images[0].get_extent()[2:]
    row = image[:, image.shape[1] // 2].argmax()
    shown = bottom + (row + 0.5) * (top - bottom) / image.shape[0]
    assert abs(shown - 0.44) < 0.011            # half a bin, in kHz
    assert -2.0 < image.max() - 20 * np.log10(0.5) < 0.1     # between bins a tone loses 1.6 dB


def test_players_keep_levels_and_alignment():
    page = viz.listen({"a": NOISE, "b": 0.1 * NOISE}, rate=RATE)._repr_html_()
    (a, rate), (b, _) = sounds_in(page)
    assert rate == RATE and a.shape == NOISE.shape
    assert abs(level(a) - level(b) - 20) < 0.3
    assert np.argmax(np.correlate(a[1000:3000], NOISE[1400:2600], "valid")) == 400
    assert " dB" not in page


def test_a_loud_sound_is_turned_down_with_the_others_and_it_is_said():
    page = viz.listen({"a": 4 * TONE, "b": TONE}, rate=RATE)._repr_html_()
    (a, _), (b, _) = sounds_in(page)
    assert np.abs(a).max() < 1.0 and abs(level(a) - level(b) - 12.04) < 0.3
    assert "All are played 7.0 dB softer" in page


def test_matching_stops_at_twelve_decibels_and_shows_the_gain():
    page = viz.listen({"a": TONE, "b": 0.5 * TONE, "c": 0.01 * TONE}, rate=RATE,
                      match=True)._repr_html_()
    a, b, c = (level(x) for x, _ in sounds_in(page))
    assert abs(a - b) < 0.3 and abs(a - c - 28) < 0.5
    assert "(+6.0 dB)" in page and "(+12.0 dB)" in page


def test_compare_puts_each_player_under_its_picture():
    page = viz.compare({"mixture": TONE, "vocals": np.stack([TONE, TONE])}, rate=RATE,
                       alt="A tone, twice.", credit="Made here.")._repr_html_()
    order = re.findall(r"<figcaption>|<svg|<audio", page)
    assert order == ["<figcaption>", "<svg", "<audio"] * 2
    assert "Spectrogram of vocals. A tone, twice." in page and "Made here." in page
    assert [x.ndim for x, _ in sounds_in(page)] == [1, 2]


def test_silence_can_be_played():
    (x, _), = sounds_in(viz.listen({"rest": 0 * TONE}, rate=RATE)._repr_html_())
    assert np.abs(x).max() < 1e-4


@pytest.mark.parametrize(("sounds", "said"), [
    ({}, "at least one"),
    ({"long": np.zeros(7 * RATE)}, "at most 6 s"),
    ({"broken": np.array([0.0, np.nan])}, "NaN"),
    ({"surround": np.zeros((6, 100))}, "channels"),
])
def test_what_cannot_be_played_is_refused(sounds, said):
    with pytest.raises(ValueError, match=said):
        viz.listen(sounds, rate=RATE)
