"""StemPlayer in Chromium: one clock, no clicks, and every control for every reader."""

import base64
import json

import numpy as np
import pytest

from common.seed import rng
from common.viz.widgets import AudioBank, StemPlayer

from .pages import instrument_page, serious_violations

pytestmark = pytest.mark.slow
RATE = 22050
FADE, QUANTUM = 0.02, 128 / RATE
TIME = np.arange(2 * RATE) / RATE
SOUNDS = {
    "noise": 0.1 * rng("stem player", "noise").standard_normal(TIME.size),
    "low": 0.5 * np.sin(2 * np.pi * 220 * TIME),
    "high": 0.05 * np.sin(2 * np.pi * 3000 * TIME),
}
SOUNDS = {name: x.astype(np.float32) for name, x in SOUNDS.items()}
INSTRUMENT = "document.querySelector('.hear-the-mask').instrument"
STATE = f"{INSTRUMENT}.model"
READY = f"{INSTRUMENT}?.sounds"


@pytest.fixture(scope="module")
def exact():
    """Tracks that the page has to the last bit."""
    return AudioBank(SOUNDS, rate=RATE)


@pytest.fixture
def show(browser_page):
    def show(*players):
        instrument_page(browser_page, *players)
        browser_page.wait_for_function(READY)
        return browser_page

    return show


@pytest.fixture
def page(show, exact):
    return show(StemPlayer(exact))


def state(page, name):
    return page.evaluate(f"{STATE}.get('{name}')")


def turn(page, **traits):
    page.evaluate(f"(traits) => {STATE}.set(traits)", traits)


# Renders what the instrument plays, offline: at each time in seconds, traits of its state or a
# call of its player.
RENDER = f"""async ([seconds, actions]) => {{
    const {{ model, amplitudes, playerOn }} = {INSTRUMENT}, rate = {RATE};
    const context = new OfflineAudioContext(2, Math.round(seconds * rate), rate);
    const player = playerOn(context);
    const done = actions.map(([time, what, value]) => context.suspend(time).then(() => {{
        if (what === "set") {{ model.set(value); player.mix(amplitudes()); }}
        else player[what](value);
        context.resume();
    }}));
    await player.play();
    const out = await context.startRendering();
    await Promise.all(done);
    player.dispose();
    return [0, 1].map((side) => {{
        const bytes = new Uint8Array(out.getChannelData(side).buffer);
        let text = "";
        for (let k = 0; k < bytes.length; k += 4096) {{
            text += String.fromCharCode(...bytes.subarray(k, k + 4096));
        }}
        return btoa(text);
    }});
}}"""


def render(page, seconds, *actions):
    """What is heard, (channel, sample), from the first sample of the sound on."""
    coded = page.evaluate(RENDER, [seconds, [list(action) for action in actions]])
    return np.stack([np.frombuffer(base64.b64decode(x), "<f4") for x in coded])[:, LEAD:]


LEAD = 441  # samples from play to sound


def test_tracks_run_on_one_clock(page):
    """Exactly: what is heard of each, and of the sum, is what was given, sample for sample."""
    for name, x in SOUNDS.items():
        turn(page, chosen=name)
        heard = render(page, 1.5)[0]
        assert np.abs(heard - x[: heard.size]).max() < 2e-5, name
    turn(page, mode="mix")
    heard = render(page, 1.5)[0]
    assert np.abs(heard - sum(SOUNDS.values())[: heard.size]).max() < 6e-5


def test_a_switch_keeps_the_clock(page):
    heard = render(page, 1.8, (0.5, "set", {"chosen": "low"}), (1.0, "set", {"chosen": "noise"}),
                   (1.3, "seek", 0.25))[0]
    at = [int((time + 0.1) * RATE) for time in (0.0, 0.5, 1.0)]
    for start, name in zip(at, ("noise", "low", "noise"), strict=True):
        part = slice(start, start + RATE // 5)
        assert np.abs(heard[part] - SOUNDS[name][part]).max() < 2e-5
    after = heard[int(1.4 * RATE) : int(1.7 * RATE)]
    lag = int(np.argmax(np.correlate(SOUNDS["noise"], after, "valid")))
    assert np.abs(after - SOUNDS["noise"][lag : lag + after.size]).max() < 2e-5
    sought = lag - int(0.25 * RATE)         # how long after the seek's place this part begins
    assert abs(sought - (1.4 - 1.3) * RATE) < 2 * 128


def test_lossy_tracks_run_on_one_clock_too(show):
    page = show(StemPlayer(SOUNDS, rate=RATE))
    for name in ("noise", "low"):
        turn(page, chosen=name)
        heard, x = render(page, 1.5)[0], SOUNDS[name]
        fit = [np.dot(heard[2000:20000], x[2000 + lag : 20000 + lag]) for lag in range(-40, 41)]
        assert np.argmax(fit) == 40
        assert abs(20 * np.log10(np.std(heard) / np.std(x))) < 0.5


@pytest.mark.parametrize(("before", "after"), [
    ({"chosen": "low"}, {"chosen": "noise"}),
    ({"chosen": "low"}, {"chosen": "high"}),
    ({"mode": "mix"}, {"mode": "A/B"}),
    ({"mode": "mix"}, {"soloed": ["high"]}),
    ({"mode": "mix"}, {"muted": ["low", "noise"]}),
    ({"mode": "mix"}, {"gains": {"low": -20.0}}),
])
@pytest.mark.parametrize("again", [None, 0.508, 0.514])
def test_no_change_clicks(page, before, after, again):
    """No step is larger than the sounds' own and the slope of the fades between them."""
    turn(page, chosen="noise", mode="A/B", soloed=[], muted=[], gains={})
    turn(page, **before)
    undo = {name: state(page, name) for name in after}
    actions = [(0.5, "set", after)] + ([(again, "set", undo)] if again else [])
    heard = render(page, 1.0, *actions)[0]
    own = sum(np.abs(np.diff(x)).max() for x in SOUNDS.values())
    if before.get("mode") != "mix":
        own = max(np.abs(np.diff(SOUNDS[given["chosen"]])).max() for given in (before, after))
    slope = sum(np.abs(x).max() for x in SOUNDS.values()) / (FADE * RATE)
    around = slice(int(0.47 * RATE), int(0.6 * RATE))
    assert np.abs(np.diff(heard[around])).max() <= own + slope


def test_a_switch_takes_twenty_milliseconds_in_a_straight_line(show):
    flat = {"high": np.full(RATE, 0.5), "low": np.full(RATE, -0.25)}
    page = show(StemPlayer(AudioBank(flat, rate=RATE)))
    heard = render(page, 0.9, (0.5, "set", {"chosen": "low"}))[0]
    moving = np.flatnonzero(np.abs(np.diff(heard)) > 1e-7)
    assert moving.size == pytest.approx(FADE * RATE, abs=1)
    assert 0.5 * RATE <= moving[0] + LEAD <= (0.5 + 0.02 + QUANTUM) * RATE + 1
    assert np.ptp(np.diff(heard)[moving]) < 1e-6


def test_play_pause_and_seek_do_not_click(page):
    turn(page, chosen="low")
    heard = render(page, 1.8, (0.5, "pause", None), (0.9, "play", None), (1.3, "seek", 0.1))[0]
    own = np.abs(np.diff(SOUNDS["low"])).max()
    assert np.abs(np.diff(heard)).max() <= own + 2 * 0.5 / (FADE * RATE)
    assert np.abs(heard[int(0.55 * RATE) : int(0.88 * RATE)]).max() == 0


def rms(x):
    return np.sqrt(np.mean(np.square(x)))


def test_solo_mute_and_gain_do_what_they_say(page):
    levels = {name: rms(x) for name, x in SOUNDS.items()}

    def heard(**traits):
        turn(page, **{"mode": "mix", "soloed": [], "muted": [], "gains": {}, **traits})
        return rms(render(page, 1.5)[0])

    def together(**gains):
        return np.sqrt(sum((gain * levels[name]) ** 2 for name, gain in gains.items()))

    close = pytest.approx
    assert heard() == close(together(noise=1, low=1, high=1), rel=0.01)
    assert heard(soloed=["high"]) == close(levels["high"], rel=0.01)
    assert heard(soloed=["high", "low"]) == close(together(high=1, low=1), rel=0.01)
    assert heard(muted=["low"]) == close(together(noise=1, high=1), rel=0.01)
    assert heard(muted=["low"], soloed=["low"]) == 0
    assert heard(gains={"low": -6.0}, soloed=["low"]) == close(levels["low"] * 10**-0.3, rel=0.01)
    assert heard(gains={"high": 6.0}, soloed=["high"]) == close(levels["high"] * 10**0.3, rel=0.01)
    assert heard(mode="A/B", chosen="high", soloed=["low"], muted=["high"]) == close(
        levels["high"], rel=0.01)


def test_what_would_clip_is_turned_down_for_all_and_said(page):
    turn(page, gains={"low": 12.0}, chosen="low")
    heard = render(page, 1.0)[0]
    assert 0.96 < np.abs(heard).max() < 0.99
    assert page.get_by_text("softer still, so that nothing clips").is_visible()
    turn(page, chosen="high")
    assert rms(render(page, 1.0)[0]) == pytest.approx(rms(SOUNDS["high"]) * 0.98 / 2, rel=0.02)
    turn(page, gains={})
    assert page.get_by_text("softer still").count() == 0


def test_matched_levels_are_heard_as_shown(show):
    page = show(StemPlayer(AudioBank(SOUNDS, rate=RATE), match=True))
    assert page.locator(".badge").all_inner_texts() == ["+0.0 dB", "\u221211.0 dB", "+9.0 dB"]
    for name in SOUNDS:
        turn(page, chosen=name)
        assert rms(render(page, 1.5)[0]) == pytest.approx(rms(SOUNDS["noise"]), rel=0.01)


@pytest.mark.parametrize("region", [(0.5, 0.9), (0.50012, 0.61237), (0.0, 0.06), (1.9, 2.0)])
def test_a_loop_repeats_its_region_to_the_sample(page, region):
    turn(page, region=region)
    heard = render(page, 2.5)[0]
    start, end = (round(time * RATE) for time in region)
    wanted = np.resize(SOUNDS["noise"][start:end], heard.size)
    settled = end - start if start else 0       # the first round begins with a fade
    assert np.abs(heard - wanted)[settled:].max() < 2e-5


def test_a_loop_catches_what_plays_and_lets_it_go(page):
    x = SOUNDS["noise"]
    heard = render(page, 2.5, (0.4, "loop", [0.3, 0.6]), (1.5, "loop", None))[0]
    in_loop = heard[int(0.7 * RATE) : int(1.5 * RATE)]
    assert np.abs(in_loop - np.resize(np.roll(x[6615:13230], -(int(0.7 * RATE) - 13230)),
                                      in_loop.size)).max() < 2e-5
    freed = heard[int(1.6 * RATE) : int(1.7 * RATE)]
    lag = int(np.argmax(np.correlate(x, freed, "valid")))
    assert np.abs(freed - x[lag : lag + freed.size]).max() < 2e-5


def test_two_channels_stay_two(show):
    both = np.stack([SOUNDS["noise"], SOUNDS["low"]])
    page = show(StemPlayer(AudioBank({"wide": both, "other": both[::-1]}, rate=RATE)))
    heard = render(page, 1.0)
    assert np.abs(heard - both[:, : heard.shape[1]]).max() < 2e-5


LISTEN = f"""() => {{
    const {{ player }} = {INSTRUMENT}, analyser = player.context.createAnalyser();
    player.master.connect(analyser);
    window.rms = () => {{
        const x = new Float32Array(analyser.fftSize);
        analyser.getFloatTimeDomainData(x);
        return Math.hypot(...x) / Math.sqrt(x.length);
    }};
}}"""


def test_sound_flows_while_it_plays_and_then_no_more(page):
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("window.rms() > 0.01")
    page.wait_for_function(f"{INSTRUMENT}.player.position > 0.3")
    assert float(page.get_by_role("slider", name="Position").input_value()) > 0.1
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("window.rms() === 0")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"!{INSTRUMENT}.player.playing")         # at its end
    assert page.evaluate(f"{INSTRUMENT}.player.position") == 0
    assert page.get_by_role("button", name="Play").is_visible()


def test_one_player_at_a_time(show, exact):
    page = show(StemPlayer(exact), StemPlayer(exact))
    for playing in ("true,false", "false,true"):
        page.get_by_role("button", name="Play").nth(0).click()      # the other shows Pause
        page.wait_for_function(
            "(playing) => [...document.querySelectorAll('.hear-the-mask')]"
            ".map((e) => e.instrument.player.playing).join() === playing", arg=playing
        )


def focused(page):
    return page.evaluate(
        """() => {
            const { activeElement: e } = document.querySelector(".hear-the-mask").shadowRoot;
            const said = e?.getAttribute("aria-label") ?? e?.labels?.[0]?.textContent;
            return said ?? e?.textContent ?? null;
        }"""
    )


def test_everything_by_keyboard(page):
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        if focused(page) is None:
            break
        reached.append(focused(page))
    assert reached == ["Play", "A/B", "Show", "Loop", "1noise", "Position"]

    page.get_by_role("slider", name="Position").focus()
    page.keyboard.press("Space")
    page.wait_for_function(f"{INSTRUMENT}.player.playing")
    page.keyboard.press("Space")
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{INSTRUMENT}.player.position") == pytest.approx(1.0)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(f"{INSTRUMENT}.player.position") == pytest.approx(0.5)

    page.keyboard.press("3")
    assert state(page, "chosen") == "high"
    page.get_by_role("radio", name="high").focus()
    page.keyboard.press("ArrowUp")
    assert state(page, "chosen") == "low"
    page.keyboard.press("ArrowRight")
    assert state(page, "chosen") == "low"
    assert page.evaluate(f"{INSTRUMENT}.player.position") == pytest.approx(1.0)

    page.keyboard.press("l")
    assert state(page, "region") == [1.0, 1.5]
    page.get_by_role("slider", name="Start of the loop").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("slider", name="End of the loop").focus()
    page.keyboard.press("ArrowRight")
    assert state(page, "region") == pytest.approx([0.99, 1.51])
    assert page.get_by_role("button", name="Loop 0.99\u20131.51 s").count() == 1
    page.keyboard.press("Escape")
    assert state(page, "region") is None

    page.get_by_role("radio", name="mix", exact=True).focus()
    page.keyboard.press("Space")
    assert state(page, "mode") == "mix"
    page.keyboard.press("2")
    assert state(page, "soloed") == ["low"]
    page.get_by_role("button", name="Mute noise").press("Enter")
    page.get_by_role("slider", name="Gain of high").press("ArrowLeft")
    assert state(page, "muted") == ["noise"] and state(page, "gains") == {"high": -0.5}
    page.get_by_label("Show").select_option("spectrogram")
    assert state(page, "shown") == "spectrogram"


def test_a_drag_loops_a_click_seeks_and_chooses(page):
    box = page.get_by_role("img", name="Waveform of low").bounding_box()
    middle = box["y"] + box["height"] / 2

    def at(seconds):
        return box["x"] + seconds / 2 * box["width"]

    page.mouse.move(at(1.4), middle)
    page.mouse.down()
    page.mouse.move(at(0.5), middle, steps=5)
    page.mouse.up()
    assert state(page, "region") == pytest.approx([0.5, 1.4], abs=0.01)
    assert page.locator(".band:visible").count() == 3
    assert page.evaluate(f"{INSTRUMENT}.player.region") == pytest.approx([0.5, 1.4], abs=0.01)
    page.mouse.click(at(1.0), middle)
    assert state(page, "region") is not None and state(page, "chosen") == "low"
    assert page.evaluate(f"{INSTRUMENT}.player.position") == pytest.approx(1.0, abs=0.01)
    page.mouse.click(at(1.8), middle)
    assert state(page, "region") is None
    assert page.evaluate(f"{INSTRUMENT}.player.position") == pytest.approx(1.8, abs=0.01)
    lines = page.locator(".map .line").evaluate_all("(all) => all.map((e) => e.style.left)")
    assert len(set(lines)) == 1 and len(lines) == 3


def test_python_moves_the_controls(page):
    turn(page, mode="mix", soloed=["low"], muted=["high"], gains={"noise": 3.0}, region=[0.5, 1.0],
         shown="none")
    assert page.get_by_role("radio", name="mix", exact=True).is_checked()
    assert page.get_by_role("button", name="Solo low").get_attribute("aria-pressed") == "true"
    assert page.get_by_role("button", name="Mute high").get_attribute("aria-pressed") == "true"
    assert page.get_by_role("slider", name="Gain of noise").input_value() == "3"
    assert page.get_by_text("+3.0 dB").is_visible()
    assert page.get_by_role("img").count() == 0
    assert page.get_by_role("slider", name="Start of the loop").input_value() == "0.5"
    turn(page, mode="A/B", chosen="high", shown="spectrogram", region=None)
    assert page.get_by_role("radio", name="high").is_checked()
    assert page.get_by_role("img", name="Spectrogram of").count() == 3
    assert page.get_by_role("slider", name="Start of the loop").count() == 0


def test_pictures_show_the_sound(show):
    """The tone where it is, in the page's own spectrogram, and the exact level of its waveform."""
    page = show(StemPlayer(SOUNDS, rate=RATE, shown="spectrogram", top=4000, description="Tones."))
    bright = page.get_by_role("img", name="Spectrogram of high").evaluate(
        """(canvas) => {
            const { width, height } = canvas, context = canvas.getContext("2d");
            const { data } = context.getImageData(width / 2, 0, 1, height);
            const red = Array.from({ length: height }, (_, k) => data[4 * k]);
            return 1 - red.indexOf(Math.max(...red)) / (height - 1);
        }"""
    )
    assert bright * 4000 == pytest.approx(3000, abs=30)
    group = page.get_by_role("group", name="Tracks")
    about = group.get_attribute("aria-describedby")
    assert page.locator(f"#{about}").text_content() == "Tones."


@pytest.mark.parametrize("sounds", [
    {"alone": SOUNDS["low"]},
    {"one sample": np.array([0.5]), "another": np.array([-0.5])},
    {"silence": np.zeros(RATE), "more": np.zeros(RATE)},
    {"</script> & <b>": SOUNDS["low"], "\u00e9\"'": SOUNDS["noise"]},
    {f"track {k}": SOUNDS["noise"] for k in range(12)},
    {"minute": np.tile(SOUNDS["noise"], 30), "and one more": np.tile(SOUNDS["low"], 30)},
])
def test_odd_sounds_are_shown_too(show, sounds):
    page = show(StemPlayer(sounds, rate=RATE))
    for shown in ("spectrogram", "none", "waveform"):
        turn(page, shown=shown)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{INSTRUMENT}.player.playing || {INSTRUMENT}.player.duration < 0.1")
    assert page.locator(".error").count() == 0
    assert page.get_by_role("img").count() == len(sounds)
    if len(sounds) == 1:
        assert page.get_by_role("radio").count() == 0
    for name in sounds:
        assert page.get_by_text(name, exact=True).count() >= 1


def test_without_its_sounds_it_says_so(browser_page, exact):
    page = instrument_page(browser_page, StemPlayer(exact), without_bank=True)
    assert "out of reach" in page.locator("main").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_it_fits_and_axe_finds_nothing_serious(show, width, scheme, browser_page):
    browser_page.set_viewport_size({"width": width, "height": 900})
    browser_page.emulate_media(color_scheme=scheme)
    long = "a mask that was computed from the mixture alone, at twice the rate"
    page = show(StemPlayer({**SOUNDS, long: SOUNDS["low"]}, rate=RATE, match=True, credit="CC BY."))
    for traits in (
        {},
        {"mode": "mix", "soloed": ["low"]},
        {"shown": "spectrogram", "region": [0.5, 1]},
        {"shown": "none"},
    ):
        turn(page, **traits)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), traits
        bad = serious_violations(page)
        assert not bad, json.dumps(bad, indent=1)[:3000]
