"""Pictures carry their alt text and the page's colours; players carry the sound, at its level."""

import base64
import contextlib
import io
import re

import numpy as np
import pytest
import soundfile
from matplotlib.patches import FancyBboxPatch

from common import viz
from common.data import clip_names, load_clip
from common.seed import rng
from common.stft import STFTConfig, decibels, magnitude, stft
from common.viz.style import INK
from common.viz.widgets.bank import decode

RATE = 22050
NOISE = (0.1 * rng("test_viz").standard_normal(2 * RATE)).astype(np.float32)
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype(np.float32)


def played(player):
    """What is heard of each track when it is chosen, (channel, sample)."""
    for entry in player.bank.entries:
        x = decode(player.bank.data, entry)
        yield x * 10 ** (player.applied[entry["name"]] / 20)


def alone(sound):
    (data,) = re.findall(r"data:audio/mpeg;base64,([^\"]+)", sound._repr_html_())
    return soundfile.read(io.BytesIO(base64.b64decode(data)))


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


@pytest.mark.parametrize("fails", [False, True])
def test_a_live_picture_is_the_newest_and_leaves_nothing_behind(monkeypatch, fails):
    shown = []

    class Place:
        def update(self, what):
            shown.append(what._repr_html_())

    def display(what, display_id):
        shown.append(what._repr_html_())
        return Place()

    monkeypatch.setattr("common.viz.live.display", display)
    with contextlib.suppress(KeyboardInterrupt), viz.Live() as live:
        for label in ("first", "second"):
            live.update(viz.show(viz.axes(), alt=f"The {label} of two pictures."))
        if fails:
            raise KeyboardInterrupt
    assert shown[0] == shown[-1] == "" and len(shown) == 4
    assert "The first of" in shown[1] and "The second of" in shown[2]


def test_without_a_notebook_there_is_no_place_for_a_live_picture(capsys):
    with viz.Live() as live:
        live.update(viz.show(viz.axes(), alt="A picture for nobody."))
    assert "Picture" not in capsys.readouterr().out


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


GRID = [["x"], ["squash: tanh", None], ["embed: Embedding", "infer: Embedding"]]


def test_a_diagram_draws_blocks_and_arrows_and_marks_what_is_new():
    ax = viz.diagram(GRID, ["x > squash > embed", "squash > infer"], new=["infer"],
                     shapes={"squash": "(batch, frame)"})  # fmt: skip
    words = [text.get_text() for text in ax.texts]
    assert sorted(words) == sorted(
        ["x", "tanh", "Embedding", "embed", "Embedding", "infer", "(batch, frame)"]
    )
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert [box.get_linewidth() for box in boxes] == [0.8, 1.0, 2.2]
    assert len(ax.patches) - len(boxes) == 3  # arrows
    assert [text.get_text() for text in ax.get_legend().get_texts()][1] == "new in this chapter"


def test_a_diagram_refuses_names_that_are_not_there_or_there_twice():
    with pytest.raises(ValueError, match=r"name: expected one of .*'skip'"):
        viz.diagram(GRID, ["x > skip"])
    with pytest.raises(ValueError, match="expected each name once, got 'x' twice"):
        viz.diagram([["x"], ["x"]], [])


def test_players_keep_levels_and_alignment():
    player = viz.listen({"a": NOISE, "b": 0.1 * NOISE}, rate=RATE)
    a, b = played(player)
    assert player.bank.rate == RATE and a.shape == (1, NOISE.size)
    assert abs(level(a) - level(b) - 20) < 0.3
    assert np.argmax(np.correlate(a[0, 1000:3000], NOISE[1400:2600], "valid")) == 400
    assert player.note == "" and not player.matched
    assert player.mode == "A/B" and player.shown == "waveform"


def test_a_loud_sound_is_turned_down_with_the_others_and_it_is_said():
    player = viz.listen({"a": 4 * TONE, "b": TONE}, rate=RATE)
    a, b = played(player)
    assert np.abs(a).max() < 1.0 and abs(level(a) - level(b) - 12.04) < 0.3
    assert "All are played 7.0 dB softer" in player.note
    x, _ = alone(viz.listen({"a": 4 * TONE}, rate=RATE))
    assert np.abs(x).max() < 1.0
    assert "played 7.0 dB softer" in viz.listen({"a": 4 * TONE}, rate=RATE)._repr_html_()


def test_matching_stops_at_twelve_decibels_and_shows_the_gain():
    player = viz.listen({"a": TONE, "b": 0.5 * TONE, "c": 0.01 * TONE}, rate=RATE, match=True)
    a, b, c = map(level, played(player))
    assert abs(a - b) < 0.3 and abs(a - c - 28) < 0.5
    assert player.matched and "each gain is shown" in player.note
    assert [round(gain, 1) for gain in player.applied.values()] == [0.0, 6.0, 12.0]


def test_a_sum_is_given_room():
    stems = dict.fromkeys("abcd", 0.5 * TONE)
    assert max(viz.StemPlayer(stems, rate=RATE).applied.values()) == 0.0
    mixed = viz.StemPlayer(stems, rate=RATE, mode="mix")
    assert 0.85 < np.abs(sum(played(mixed))).max() < 0.95 and "1.0 dB softer" in mixed.note


def test_compare_shows_spectrograms_says_what_is_in_them_and_whose_they_are():
    player = viz.compare({"mixture": TONE, "vocals": np.stack([TONE, TONE])}, rate=RATE,
                         alt="A tone, twice.", credit="Made here.", top=4000, levels=(-60, 0))
    assert player.shown == "spectrogram"
    assert player.description == "A tone, twice." and player.credit == "Made here."
    assert player.spectrum["top"] == 4000 and player.spectrum["limits"] == [-60, 0]
    assert [x.shape[0] for x in played(player)] == [1, 2]


def test_one_sound_has_a_plain_player_under_its_picture():
    page = viz.compare({"vocals": TONE}, rate=RATE, alt="A tone.", credit="Made <here>.")
    assert repr(page) == "<Sound: vocals>"
    page = page._repr_html_()
    assert re.findall(r"<figcaption>|<svg|<audio", page) == ["<figcaption>", "<svg", "<audio"]
    assert "Spectrogram of vocals. A tone." in page and "Made &lt;here&gt;." in page
    assert 'aria-label="vocals"' in page


def test_silence_can_be_played():
    x, _ = alone(viz.listen({"rest": 0 * TONE}, rate=RATE))
    assert np.abs(x).max() < 1e-4
    for x in played(viz.listen({"rest": 0 * TONE, "more": 0 * TONE}, rate=RATE, match=True)):
        assert np.abs(x).max() < 1e-4


def test_a_shorter_sound_ends_in_silence_but_is_not_matched():
    a, b = played(viz.listen({"a": TONE, "b": TONE[: RATE // 2]}, rate=RATE))
    assert a.shape == b.shape and np.abs(b[:, RATE:]).max() < 1e-4
    with pytest.raises(ValueError, match=f"a {2 * RATE}, b {RATE}"):
        viz.listen({"a": TONE, "b": TONE[:RATE]}, rate=RATE, match=True)


@pytest.mark.parametrize("name", clip_names())
def test_what_is_seen_is_what_was_given(name):
    """The page draws from the coded sound: close to the exact picture wherever there is much."""
    song = load_clip(name).excerpt(start=1.0, duration=6.0)
    sounds = {"mixture": song.mixture, "vocals": song.source("vocals")}
    player = viz.compare(sounds, rate=RATE, alt="A song, and its voice.")
    assert 9900 < player.spectrum["top"] < RATE / 2
    drawn = STFTConfig().frequencies(RATE) <= player.spectrum["top"]

    def levels(x):
        return decibels(magnitude(stft(x)), reference=STFTConfig().full_scale, floor=-80)[:, drawn]

    for name, x in sounds.items():
        exact, coded = levels(x), levels(player.bank.sound(name))
        for above, mean in [(-40, 0.5), (-50, 1.0)]:
            off = np.abs(exact - coded)[exact > above]
            assert np.mean(off) < mean, (name, above, np.mean(off))
        filled = np.mean((coded > -65) & (exact < -79))
        assert filled < 1e-3, (name, filled)


def test_a_second_of_sound_weighs_a_few_kilobytes():
    song = load_clip("velvet-static").excerpt(start=1.0, duration=6.0)
    heard = viz.listen(dict(song.stems), rate=RATE)
    seen = viz.compare(dict(song.stems), rate=RATE, alt="Four stems of a song.")
    assert len(heard.bank.data) / 24 < 8500 and len(seen.bank.data) / 24 < 12000


@pytest.mark.parametrize(("sounds", "said"), [
    ({}, "at least one"),
    ({"long": np.zeros(7 * RATE)}, "at most 6 s"),
    ({"fine": TONE, "broken": np.array([0.0, np.nan])}, "broken.*NaN"),
    ({"surround": np.zeros((6, 100))}, "channels"),
    ({"nothing": np.zeros(0)}, "at least one sample"),
])
def test_what_cannot_be_played_is_refused(sounds, said):
    with pytest.raises(ValueError, match=said):
        viz.listen(sounds, rate=RATE)


def test_tensors_with_gradients_are_drawn_and_heard_as_arrays_are():
    import torch

    tone = torch.from_numpy(TONE).requires_grad_()
    drawn, expected = (
        viz.spectrogram(stft(x), rate=RATE).images[0].get_array() for x in (tone, TONE)
    )
    np.testing.assert_allclose(drawn, expected, atol=0.01)  # dB
    heard, expected = (alone(viz.listen({"a": x}, rate=RATE))[0] for x in (tone, TONE))
    np.testing.assert_array_equal(heard, expected)
