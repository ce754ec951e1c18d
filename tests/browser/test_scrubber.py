"""Scrubber in Chromium: the masks and sounds of Python at every step, dragged, run and played."""

import json

import librosa
import numpy as np
import pytest

from common.data import load_clip
from common.masks import ideal_ratio_mask
from common.seed import rng
from common.stft import STFTConfig, stft, window
from common.viz.widgets import Scrubber

from .pages import instrument_page, listen_in, numbers, relative_error, serious_violations

pytestmark = pytest.mark.slow
INSTRUMENT = "document.querySelector('.hear-the-mask').instrument"
MODEL = f"{INSTRUMENT}.view.model"
CONFIG = STFTConfig()
STEPS = 12


@pytest.fixture(scope="module")
def song():
    return load_clip("paper-lanterns").excerpt(0, 3)


@pytest.fixture(scope="module")
def masks(song):
    """From one half everywhere, by way of noise, to the ideal ratio mask."""
    ideal = ideal_ratio_mask(stft(song.source("vocals")[0]), stft(song.accompaniment[0]))
    noise = rng("scrubber in a page").uniform(size=ideal.shape)
    shares = np.linspace(0, 1, STEPS)[:, None, None]
    return shares * ideal + (1 - shares) * (0.5 + 0.2 * (noise - 0.5))


@pytest.fixture(scope="module")
def scrubber(song, masks):
    scores = [*np.linspace(-4, 7, STEPS - 1), None]
    steps = [25 * k for k in range(STEPS)]
    return Scrubber(song.mixture, masks, rate=song.rate, steps=steps, scores=scores)


@pytest.fixture
def page(browser_page, scrubber):
    return instrument_page(browser_page, scrubber)


def to_step(page, step):
    page.evaluate(f"{MODEL}.set('step', {step}); {INSTRUMENT}.view.update()")


def state(page, name):
    return page.evaluate(f"{MODEL}.get('{name}')")


def estimate(page):
    return numbers(page, f"{INSTRUMENT}.scrubbing.estimate")


def masks_of(page):
    """The masks of the page, (1 or channel, freq, frame)."""
    found = numbers(page, f"{INSTRUMENT}.scrubbing.masks")
    bins = page.evaluate(f"{INSTRUMENT}.scrubbing.bins")
    return found.reshape(len(found), -1, bins).swapaxes(-1, -2)


def agrees(page, made, step):
    to_step(page, step)
    assert np.abs(masks_of(page) - made.mask(step)).max() < 1e-7
    return relative_error(estimate(page), made.estimate(step)) <= 1e-5


def test_every_estimate_is_that_of_python_and_of_librosa(page, scrubber):
    x = scrubber.bank.sound("mixture").astype(float)
    for step in range(STEPS):
        assert agrees(page, scrubber, step), step
        theirs = librosa.istft(
            scrubber.mask(step) * stft(x), hop_length=CONFIG.hop, window=window(CONFIG),
            length=x.shape[-1],
        )  # fmt: skip
        assert relative_error(estimate(page), theirs) <= 1e-5, step
    rest = numbers(page, f"{INSTRUMENT}.scrubbing.mixture") - estimate(page)
    assert relative_error(numbers(page, f"{INSTRUMENT}.scrubbing.residual"), rest) <= 1e-6


@pytest.mark.parametrize("how", ["nearest", "bilinear"])
@pytest.mark.parametrize("pool", [(1, 4), (2, 2), (5, 3), (600, 600)])
def test_pooled_masks_come_back_to_size_as_in_python(browser_page, song, masks, pool, how):
    made = Scrubber(song.mixture, masks[:3], rate=song.rate, pool=pool, upsampling=how)
    page = instrument_page(browser_page, made)
    assert all(agrees(page, made, step) for step in range(3))


@pytest.mark.parametrize("own", [False, True])
def test_two_channels(browser_page, own):
    noise = 0.1 * rng("scrubber", "stereo").standard_normal((2, 9000))
    size = (3, 2, 513, 37) if own else (3, 513, 37)
    made = Scrubber(noise, rng("masks").uniform(size=size), rate=22050)
    page = instrument_page(browser_page, made)
    assert all(agrees(page, made, step) for step in range(3))
    assert estimate(page).shape == (2, 9000)


@pytest.mark.parametrize(("mixture", "count"), [
    (np.array([0.5]), 2), (np.zeros(3000), 3), (0.5 * np.ones(3000), 1),
    (3 * np.sin(np.arange(3000)), 2),
])  # fmt: skip
def test_odd_sounds_and_single_steps_are_shown_too(browser_page, mixture, count):
    frames = 1 + -(-mixture.size // 256)
    made = Scrubber(mixture, np.full((count, 513, frames), 0.5), rate=22050)
    page = instrument_page(browser_page, made)
    assert all(agrees(page, made, step) for step in range(count))
    assert page.get_by_label("Step", exact=True).is_disabled() is (count == 1)
    assert page.get_by_text("softer, so that nothing clips").count() == int(mixture.max() > 1)


def test_the_slider_shows_mask_score_and_curve(page, scrubber):
    slider = page.get_by_label("Step", exact=True)
    pictures = "[...document.querySelector('.hear-the-mask').shadowRoot.querySelectorAll('canvas')]"
    before = page.evaluate(f"{pictures}.map((canvas) => canvas.toDataURL())")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"{INSTRUMENT}.view.frame === null")
    after = page.evaluate(f"{pictures}.map((canvas) => canvas.toDataURL())")
    assert state(page, "step") == 4 and all(a != b for a, b in zip(before, after, strict=True))
    text = page.locator(".now").inner_text()
    assert "step 100" in text and "SI-SDR 0.4 dB" in text
    assert slider.get_attribute("aria-valuetext") == "step 100, SI-SDR 0.4 dB"
    large = page.locator("path.large")
    share = float(large.get_attribute("d")[1:].split()[0]) / 1000
    assert abs(share - 4 / (STEPS - 1)) < 1e-3
    page.keyboard.press("End")                       # it has no score
    page.wait_for_function(f"{INSTRUMENT}.view.frame === null")
    assert large.count() == 0 and "SI-SDR" not in page.locator(".now").inner_text()
    box = page.locator(".plot svg").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"] + 5, box["y"] + 10)
    assert state(page, "step") == 6


def test_without_scores_there_is_no_curve(browser_page, song, masks):
    page = instrument_page(browser_page, Scrubber(song.mixture, masks[:2], rate=song.rate))
    assert page.locator(".plot").count() == 0 and "SI-SDR" not in page.locator("main").inner_text()


def test_sound_flows_while_it_plays_and_follows_the_slider(page):
    listen_in(page, f"{INSTRUMENT}.player")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("window.rms() > 1e-3")
    buffer = f"{INSTRUMENT}.player.tracks.get('estimate').voice.source.buffer"
    first = numbers(page, f"{buffer}.getChannelData(0)")
    page.get_by_label("Step", exact=True).press("End")
    page.wait_for_function(f"{INSTRUMENT}.view.frame === null")
    assert page.evaluate(f"{INSTRUMENT}.player.playing")
    last = numbers(page, f"{buffer}.getChannelData(0)")
    assert np.array_equal(last, estimate(page)) and not np.array_equal(first, last)
    page.get_by_role("radio", name="Mixture").check()
    assert state(page, "listen") == "mixture"
    gains = page.evaluate(f"[...{INSTRUMENT}.player.tracks].map(([name, t]) => [name, t.gain > 0])")
    assert dict(gains) == {"mixture": True, "estimate": False, "residual": False}
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("window.rms() === 0")


def test_a_mask_of_zeros_is_silent(browser_page, song):
    none = Scrubber(song.mixture, np.zeros((2, 513, 260)), rate=song.rate)
    page = instrument_page(browser_page, none)
    listen_in(page, f"{INSTRUMENT}.player")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{INSTRUMENT}.player.position > 0.3")
    assert page.evaluate("window.rms()") == 0
    page.get_by_role("radio", name="Residual").check()
    page.wait_for_function("window.rms() > 1e-3")


def test_dragging_while_it_plays_does_not_click(page):
    """What is heard never jumps by more than the sounds do, and the fade between them."""
    heard = page.evaluate(
        f"""async () => {{
            const {{ view, scrubbing }} = {INSTRUMENT}, {{ rate }} = scrubbing;
            const context = new OfflineAudioContext(1, rate, rate);
            const player = new view.player.constructor(rate, {{ context }});
            view.fillPlayer(player);
            player.mix({{ estimate: 1 }});
            const at = [0.5, 0.508, 0.516, 0.6].map((time, k) => context.suspend(time).then(() => {{
                scrubbing.compute(2 * k + 1);
                view.fillPlayer(player);
                context.resume();
            }}));
            await player.play();
            const out = (await context.startRendering()).getChannelData(0);
            await Promise.all(at);
            player.dispose();
            return Array.from(out);
        }}"""
    )
    around, rate = slice(int(0.45 * 22050), int(0.8 * 22050)), 22050
    x = np.array(heard)[around]
    mixture = numbers(page, f"{INSTRUMENT}.scrubbing.mixture")[0][around]
    slope = 2 * np.abs(mixture).max() / (0.02 * rate)
    own = np.abs(np.diff(mixture)).max()
    assert 0.01 < np.abs(x).max() and np.abs(np.diff(x)).max() <= own + slope


def test_it_runs_through_the_steps_and_can_be_stopped(page):
    page.evaluate(f"{MODEL}.set('pace', 0.1)")
    page.evaluate(f"window.seen = []; {MODEL}.on('change:step', (model, step) => seen.push(step))")
    page.get_by_role("button", name="Run through the steps").press("Enter")
    page.wait_for_function(f"{INSTRUMENT}.player.playing && {INSTRUMENT}.player.region !== null")
    page.wait_for_function(f"!{MODEL}.get('running')")
    assert page.evaluate("seen") == list(range(1, STEPS))
    assert page.evaluate(f"{INSTRUMENT}.player.region") is None
    page.get_by_role("button", name="Run through the steps").click()       # from the start again
    page.wait_for_function(f"{MODEL}.get('step') === 2")
    page.get_by_role("button", name="Stop").click()
    assert state(page, "running") is False
    stopped = state(page, "step")
    page.wait_for_timeout(300)
    assert state(page, "step") == stopped < STEPS - 1
    page.evaluate(f"{MODEL}.set('running', true)")                          # as Python may
    page.wait_for_function(f"{MODEL}.get('step') === {stopped + 1}")
    page.get_by_role("button", name="Pause").click()
    assert state(page, "running") is False


def test_every_control_is_reached_by_tab_and_moves(page):
    page.get_by_role("button", name="Play").focus()
    reached, active = [], "document.querySelector('.hear-the-mask').shadowRoot.activeElement"
    name = "e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.innerText"
    for _ in range(5):
        reached.append(page.evaluate(f"((e) => {name})({active})"))
        page.keyboard.press("Tab")
    assert reached == ["Play", "Estimate", "Time", "Run through the steps", "Step"]
    page.get_by_label("Time").press("ArrowRight")
    assert page.evaluate(f"{INSTRUMENT}.player.position") > 0
    page.get_by_role("radio", name="Estimate").press("ArrowRight")
    assert state(page, "listen") == "residual"
    page.get_by_label("Step", exact=True).press("Space")
    page.wait_for_function(f"{INSTRUMENT}.player.playing")
    page.get_by_label("Step", exact=True).press("Space")
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")


def test_python_moves_the_controls(page):
    page.evaluate(f"{MODEL}.set({{ step: 7, listen: 'residual' }})")
    page.wait_for_function(f"{INSTRUMENT}.view.frame === null")
    assert page.get_by_label("Step", exact=True).input_value() == "7"
    assert page.get_by_role("radio", name="Residual").is_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_it_fits_and_axe_finds_nothing_serious(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    to_step(page, 5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    bad = serious_violations(page)
    assert not bad, json.dumps(bad, indent=1)[:3000]


def test_without_its_sounds_it_says_so(browser_page, scrubber):
    page = instrument_page(browser_page, scrubber, without_bank=True)
    assert "out of reach" in page.locator("main").inner_text()


def test_when_it_goes_it_takes_sound_and_listeners_along(page):
    page.get_by_role("button", name="Run through the steps").click()
    page.wait_for_function(f"{INSTRUMENT}.player.playing")
    page.evaluate(f"{INSTRUMENT}.view.dispose()")
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")
    step, count = state(page, "step"), page.evaluate(f"{INSTRUMENT}.view.timings.length")
    page.wait_for_timeout(900)
    assert state(page, "step") == step
    page.evaluate(f"{MODEL}.set('step', {step + 1})")
    page.wait_for_timeout(100)
    assert page.evaluate(f"{INSTRUMENT}.view.timings.length") == count


def test_from_a_move_to_the_new_sound_in_time(page, capsys):
    work, total = page.evaluate(
        f"""async () => {{
            const {{ view }} = {INSTRUMENT}, work = [], total = [];
            await view.player.play();
            for (let k = 0; k < 40; k++) {{
                const before = view.timings.length;
                view.range.value = (k % {STEPS - 1}) + 1;
                view.range.dispatchEvent(new Event("input"));
                while (view.timings.length === before) await new Promise(requestAnimationFrame);
                const {{ mask, sound, paint, total: all }} = view.timings.at(-1);
                work.push(mask + sound + paint);
                total.push(all);
            }}
            return [work, total].map((times) => times.sort((a, b) => a - b)[20]);
        }}"""
    )
    with capsys.disabled():
        print(f"\n{work:.1f} ms of work, {total:.1f} ms with the wait for the browser's next "
              "picture", end="")  # fmt: skip
