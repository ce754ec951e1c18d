"""MaskListener in Chromium: the numbers of Python, sound without clicks, open to every reader."""

import base64
import json

import librosa
import numpy as np
import pytest

from common.data import load_clip
from common.evaluation import fit_static_mask, si_sdr
from common.stft import STFTConfig, stft, window
from common.viz.widgets.mask_listener import MaskListener

from .pages import instrument_page, serious_violations

pytestmark = pytest.mark.slow
INSTRUMENT = "document.querySelector('.hear-the-mask').instrument"
CONFIG = STFTConfig()


@pytest.fixture(scope="module")
def song():
    return load_clip("paper-lanterns").excerpt(0, 6)


@pytest.fixture(scope="module")
def mono(song):
    return MaskListener(
        song.stems, target="vocals", rate=song.rate, static=fit_static_mask([song]), top=6000
    )


@pytest.fixture(scope="module")
def stereo():
    song = load_clip("paper-lanterns", channels=2).excerpt(0, 1)
    wide = {
        name: x * np.float32([[1.0], [0.5 if name == "vocals" else 0.9]])
        for name, x in song.stems.items()
    }
    return MaskListener(wide, target="vocals", rate=song.rate)


@pytest.fixture
def page(browser_page, mono):
    return instrument_page(browser_page, mono)


def apply(page, listener, **settings):
    """Set the traits in Python and in the page, and wait for the page's picture."""
    for name, value in settings.items():
        setattr(listener, name, value)
    given = {name: value for name, value in settings.items() if name != "painted"}
    painted = base64.b64encode(settings.get("painted", listener.painted)).decode()
    page.evaluate(
        f"""([given, painted]) => {{
            const {{ view }} = {INSTRUMENT}, {{ model }} = view;
            const bytes = Uint8Array.from(atob(painted), (c) => c.charCodeAt(0));
            model.set({{ ...given, painted: new DataView(bytes.buffer) }});
            view.update();
        }}""",
        [given, painted],
    )


PLAIN = {
    "kind": "binary",
    "threshold": 0.0,
    "exponent": 1.0,
    "low": 0.0,
    "high": 11025.0,
    "invert": False,
    "smooth_time": 0.0,
    "smooth_frequency": 0.0,
    "floor": None,
    "painted": b"",
    "listen": "estimate",
}


@pytest.fixture(autouse=True)
def plain(mono, stereo):
    for listener in (mono, stereo):
        for name, value in PLAIN.items():
            setattr(listener, name, value)


def sound(page, name="estimate"):
    """The page's buffer, (channel, sample)."""
    coded = page.evaluate(
        f"""(name) => {INSTRUMENT}.listening[name].map((x) => {{
            const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
            let text = "";
            for (let k = 0; k < bytes.length; k += 4096) {{
                text += String.fromCharCode(...bytes.subarray(k, k + 4096));
            }}
            return btoa(text);
        }})""",
        name,
    )
    return np.stack([np.frombuffer(base64.b64decode(x), "<f4") for x in coded])


def off(got, wanted):
    return np.linalg.norm(got - wanted) / max(np.linalg.norm(wanted), 1e-12)


def by_librosa(listener):
    target, rest = (listener.bank.sound(name).astype(float) for name in listener.bank.names)
    return librosa.istft(
        listener.mask * stft(target + rest),
        hop_length=CONFIG.hop,
        window=window(CONFIG),
        length=target.shape[-1],
    )


def hand_painted(listener):
    wide, high = -(-517 // 2), -(-513 // 4)
    painted = np.zeros((wide, high), np.uint8)
    painted[40:90, 3:30] = 255
    painted[100:200, 10:20] = 128
    return painted.tobytes()


SETTINGS = {
    "binary": {},
    "binary, strict": {"threshold": 7.5},
    "binary, lax": {"threshold": -12.0, "invert": True},
    "ratio": {"kind": "ratio"},
    "ratio of powers": {"kind": "ratio", "exponent": 2.0},
    "nearly binary": {"kind": "ratio", "exponent": 11.0},
    "soft": {"kind": "ratio", "exponent": 0.5, "floor": -20.0},
    "phase-sensitive": {"kind": "phase-sensitive"},
    "phase-sensitive in a range": {"kind": "phase-sensitive", "low": 150.0, "high": 5000.0},
    "high-pass": {"kind": "high-pass", "low": 300.0},
    "low-pass": {"kind": "high-pass", "low": 300.0, "invert": True},
    "band": {"kind": "band", "low": 200.0, "high": 3400.0},
    "static": {"kind": "static"},
    "blurred over time": {"smooth_time": 60.0},
    "blurred over frequency": {"smooth_frequency": 100.0, "floor": -30.0},
    "everything": {
        "kind": "ratio", "exponent": 3.0, "low": 100.0, "high": 8000.0, "invert": True,
        "smooth_time": 25.0, "smooth_frequency": 45.0, "floor": -25.0,
    },
    "painted": {"kind": "painted"},
    "nothing": {"kind": "band", "low": 11025.0, "high": 0.0},
}  # fmt: skip


def test_the_page_computes_what_python_computes(page, mono, song):
    truth = mono.bank.sound("vocals")
    for name, settings in SETTINGS.items():
        painted = {"painted": hand_painted(mono)} if name == "painted" else {}
        apply(page, mono, **PLAIN | settings | painted)
        got = sound(page)
        assert off(got, mono.estimate) <= 1e-5, name
        assert off(got, by_librosa(mono)) <= 1e-5, name
        score = page.evaluate(f"{INSTRUMENT}.listening.score")
        wanted = si_sdr(mono.estimate, truth)
        assert score == wanted or abs(score - wanted) <= 0.01, name
        rest = sound(page, "mixture") - got
        assert off(sound(page, "residual"), rest) <= 1e-6, name


def test_two_channels_have_a_mask_each(browser_page, stereo):
    page = instrument_page(browser_page, stereo)
    for kind in ("binary", "ratio", "phase-sensitive"):
        apply(page, stereo, kind=kind, smooth_time=30.0)
        got = sound(page)
        assert got.shape[0] == 2 and off(got, stereo.estimate) <= 1e-5
        wanted = si_sdr(stereo.estimate, stereo.bank.sound("vocals"))
        assert abs(page.evaluate(f"{INSTRUMENT}.listening.score") - wanted) <= 0.01


def test_the_figures_beside_are_those_of_python(page, mono):
    truth = mono.bank.sound("vocals")
    mixture = sum(mono.bank.sound(name) for name in mono.bank.names)
    wanted = {"mixture": si_sdr(mixture, truth), "estimate": si_sdr(mono.estimate, truth)}
    for name, kind in {"static": "static", "ideal": "phase-sensitive"}.items():
        mono.kind = kind
        wanted[name] = si_sdr(mono.estimate, truth)
    wanted["improvement"] = wanted["estimate"] - wanted["mixture"]
    page.wait_for_function(f"{INSTRUMENT}.view.model.get('scores').estimate !== undefined")
    scores = page.evaluate(f"{INSTRUMENT}.view.model.get('scores')")
    assert scores.keys() == wanted.keys()
    assert all(abs(scores[name] - wanted[name]) <= 0.01 for name in wanted)
    said = page.locator(".read-out").inner_text().replace("\u2212", "-")
    assert all(f"{value:.1f} dB" in said for value in wanted.values())


# Renders what a player of the instrument plays, offline; each action at its time in seconds.
RENDER = f"""async ([seconds, listen, actions]) => {{
    const {{ listening, playerOn }} = {INSTRUMENT}, {{ rate }} = listening;
    const context = new OfflineAudioContext(1, Math.round(seconds * rate), rate);
    const player = playerOn(context);
    player.mix({{ [listen]: 1 }});
    const at = actions.map(([time, what, value]) => context.suspend(time).then(() => {{
        if (what === "mix") player.mix({{ [value]: 1 }});
        if (what === "pause") player.pause();
        if (what === "seek") player.seek(value);
        if (what === "set") player.set("estimate", listening[value]);
        context.resume();
    }}));
    await player.play();
    const out = (await context.startRendering()).getChannelData(0);
    await Promise.all(at);
    player.dispose();
    return Array.from(out);
}}"""


def render(page, seconds, listen, actions=()):
    return np.array(page.evaluate(RENDER, [seconds, listen, list(actions)]))


def test_what_is_heard_is_what_was_computed(page):
    for name, buffer in {"mixture": "mixture", "estimate": "estimate", "truth": "target"}.items():
        heard, wanted = render(page, 1.0, name), sound(page, buffer)[0]
        start = np.argmax(np.correlate(heard[2000:12000], wanted[2000:8000], "valid"))
        delay = start  # the player's head start
        assert delay < 0.05 * 22050
        assert np.abs(heard[delay + 2000 : 20000] - wanted[2000 : 20000 - delay]).max() < 1e-6


def test_an_empty_mask_is_silent_and_stopping_stops(page, mono):
    apply(page, mono, kind="painted")
    assert np.abs(render(page, 0.5, "estimate")).max() == 0
    assert np.abs(render(page, 0.5, "residual")).max() > 0.01
    heard = render(page, 2.0, "mixture", [[1.0, "pause", None]])
    assert np.abs(heard[: 22050 - 128]).max() > 0.01
    assert np.abs(heard[int(1.06 * 22050) :]).max() == 0


@pytest.mark.parametrize(
    ("actions", "names"),
    [
        ([[1.0, "mix", "truth"]], ["estimate", "target"]),
        ([[1.0, "mix", "mixture"]], ["estimate", "mixture"]),
        ([[1.0, "set", "residual"]], ["estimate", "residual"]),
        ([[1.0, "set", "residual"], [1.012, "set", "target"]], ["estimate", "residual", "target"]),
        ([[1.0, "mix", "mixture"], [1.012, "mix", "truth"]], ["estimate", "mixture", "target"]),
        ([[1.0, "seek", 1.5]], ["estimate"]),
        ([[1.0, "pause", None]], ["estimate"]),
    ],
)
def test_a_switch_does_not_click(browser_page, actions, names):
    rate, fade = 22050, 0.02
    low, lower = (
        0.4 * np.sin(2 * np.pi * hertz * np.arange(2 * rate) / rate) for hertz in (110, 70)
    )
    smooth = MaskListener({"vocals": low, "rest": lower}, target="vocals", rate=rate, kind="ratio")
    page = instrument_page(browser_page, smooth)  # in music, a click could hide among the drums
    heard = render(page, 2.0, "estimate", actions)
    around = slice(int(0.99 * rate), int(1.1 * rate))
    places = [around, slice(int(1.49 * rate), int(1.6 * rate))]  # the second, where it may seek to
    signals = [sound(page, name)[0][place] for name in names for place in places]
    own = max(np.abs(np.diff(x)).max() for x in signals)
    slope = 2 * max(np.abs(x).max() for x in signals) / (fade * rate)
    assert np.abs(np.diff(heard[around])).max() <= own + slope


def test_sound_flows_while_it_plays_and_then_no_more(page):
    page.evaluate(
        f"""() => {{
            const {{ player }} = {INSTRUMENT}, context = player.context;
            const analyser = context.createAnalyser();
            player.master.connect(analyser);
            window.rms = () => {{
                const x = new Float32Array(analyser.fftSize);
                analyser.getFloatTimeDomainData(x);
                return Math.hypot(...x) / Math.sqrt(x.length);
            }};
        }}"""
    )
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("window.rms() > 1e-3")
    page.wait_for_function(f"{INSTRUMENT}.player.position > 0.3")
    assert float(page.get_by_role("slider", name="Time").input_value()) > 0.1
    page.get_by_role("button", name="Pause").click()
    page.wait_for_function("window.rms() === 0")
    assert page.get_by_role("button", name="Play").is_visible()


def test_space_plays_and_the_sound_is_switched_while_it_plays(page):
    page.get_by_role("slider", name="Time").focus()
    page.keyboard.press("Space")
    page.wait_for_function(f"{INSTRUMENT}.player.playing")
    page.get_by_role("radio", name="Mixture").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(f"{INSTRUMENT}.view.model.get('listen')") == "residual"
    gains = page.evaluate(f"[...{INSTRUMENT}.player.tracks].map(([name, t]) => [name, t.gain > 0])")
    assert dict(gains) == {"mixture": False, "estimate": False, "residual": True, "truth": False}
    page.keyboard.press("Space")
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")


def test_a_click_on_a_picture_seeks(page):
    box = page.locator(".map > canvas").nth(2).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    assert abs(page.evaluate(f"{INSTRUMENT}.player.position") - 3) < 0.05
    page.get_by_role("slider", name="Time").focus()
    page.keyboard.press("Home")
    assert page.evaluate(f"{INSTRUMENT}.player.position") == 0


def test_python_moves_the_controls(page, mono):
    apply(
        page, mono, kind="ratio", exponent=4.0, low=310.0, floor=-12.0, invert=True, listen="truth"
    )
    assert page.get_by_label("Mask", exact=True).input_value() == "ratio"
    assert page.get_by_text("310 Hz").count() == 1 and page.get_by_text("\u221212 dB").count() == 1
    page.locator("summary").click()
    assert page.get_by_role("checkbox").is_checked()
    assert page.get_by_role("radio", name="True vocals").is_checked()
    assert not page.get_by_label("Threshold").is_visible()
    assert page.get_by_label("Exponent").get_attribute("aria-valuetext") == "4"


def test_every_control_is_reached_by_tab_and_moves(page):
    page.locator("summary").click()
    page.get_by_role("button", name="Play").focus()
    reached, described = [], "(e) => e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent"
    for _ in range(12):
        reached.append(
            page.evaluate(
                f"({described})(document.querySelector('.hear-the-mask').shadowRoot.activeElement)"
            )
        )
        page.keyboard.press("Tab")
    assert reached == [
        "Play", "Estimate", "Time", "Mask", "Threshold", None, "From", "Up to", "Blur time",
        "Blur frequency", "Floor", "Invert: keep what the mask drops",
    ]  # fmt: skip
    model = f"{INSTRUMENT}.view.model"
    for label, key, trait in [
        ("Threshold", "ArrowRight", "threshold"),
        ("From", "ArrowRight", "low"),
        ("Up to", "ArrowLeft", "high"),
        ("Blur time", "ArrowRight", "smooth_time"),
        ("Blur frequency", "ArrowRight", "smooth_frequency"),
        ("Floor", "End", "floor"),
        ("Invert", "Space", "invert"),
        ("Mask", "ArrowDown", "kind"),
        ("Exponent", "ArrowRight", "exponent"),
    ]:
        before = page.evaluate(f"{model}.get('{trait}')")
        page.get_by_label(label, exact=label != "Invert").focus()
        page.keyboard.press(key)
        assert page.evaluate(f"{model}.get('{trait}')") != before, label


def test_painting_with_the_mouse(page, mono):
    page.get_by_label("Mask", exact=True).select_option("painted")
    page.wait_for_function(f"{INSTRUMENT}.listening.score === -Infinity")
    box = page.locator(".map > canvas").first.bounding_box()
    at = (box["x"] + 0.5 * box["width"], box["y"] + 0.75 * box["height"])  # 3 s, 1.5 kHz of 6
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + 60, at[1], steps=6)
    page.mouse.up()
    painted = painted_mask(page, mono)
    frame, row = round(3 * 22050 / 256), round(1500 / 22050 * 1024)
    assert painted[row, frame] == 1 and painted[row, frame + 20] == 1
    assert painted[row, frame - 30] == 0 and painted[row + 80, frame] == 0
    page.wait_for_function(f"{INSTRUMENT}.listening.score > -100")
    mono.kind = "painted"
    mono.painted = painted_bytes(page)
    page.evaluate(f"{INSTRUMENT}.view.update()")
    assert off(sound(page), mono.estimate) <= 1e-5
    page.get_by_role("radio", name="Erase").check()
    page.mouse.click(*at)
    assert painted_mask(page, mono)[row, frame] == 0
    page.get_by_role("button", name="Clear").click()
    assert not painted_mask(page, mono).any()


def test_painting_with_a_finger(page, mono):
    page.get_by_label("Mask", exact=True).select_option("painted")
    box = page.locator(".map > canvas").first.bounding_box()
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    for kind, places in [
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x, "y": y + 30}]),
        ("touchEnd", []),
    ]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})
    mask = painted_mask(page, mono)
    frame, row, down = round(3 * 22050 / 256), 139, round(139 * (1 - 60 / box["height"]))
    assert mask[row, frame] == 1 and mask[down, frame] == 1
    assert page.evaluate("scrollY") == 0


def painted_bytes(page):
    data = f"{INSTRUMENT}.view.settings.painted"
    return bytes(page.evaluate(f"Array.from({data})"))


def painted_mask(page, listener):
    listener.kind, listener.painted = "painted", painted_bytes(page)
    return listener.mask[0]


def test_painting_with_the_keyboard(page, mono):
    page.get_by_label("Mask", exact=True).select_option("painted")
    canvas = page.locator(".map.painting > canvas").first
    canvas.focus()
    page.keyboard.press("Space")
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")
    middle = round(3000 / 22050 * 1024), round(3 * 22050 / 256)
    assert painted_mask(page, mono)[middle] == 1
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    assert painted_mask(page, mono)[middle[0] - 80, middle[1]] == 1
    page.wait_for_function(
        "document.querySelector('.hear-the-mask').shadowRoot.textContent.includes('painted at 3.0')"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_it_fits_and_axe_finds_nothing_serious(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.locator("summary").click()
    for kind in ("ratio", "painted"):
        page.get_by_label("Mask", exact=True).select_option(kind)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        bad = serious_violations(page)
        assert not bad, json.dumps(bad, indent=1)[:3000]


def test_a_chapter_shows_the_controls_that_it_needs(browser_page, song):
    few = MaskListener(
        song.stems,
        target="drums",
        rate=song.rate,
        kinds=["high-pass", "ratio"],
        controls=["low", "listen"],
    )
    page = instrument_page(browser_page, few)
    assert page.get_by_role("slider").count() == 2  # time and cutoff
    assert page.get_by_role("combobox").count() == 0 and page.locator("summary").count() == 0
    assert page.get_by_role("radio", name="True drums").count() == 1
    assert page.evaluate(f"'static' in {INSTRUMENT}.listening.figures") is False


@pytest.mark.parametrize("sounds", [
    {"vocals": np.array([0.5]), "rest": np.array([0.25])},
    {"vocals": np.zeros(3000), "rest": np.zeros(3000)},
    {"vocals": np.zeros(3000), "rest": 0.1 * np.sin(np.arange(3000))},
    {"vocals": 2.5 * np.sin(np.arange(3000)), "rest": np.cos(0.1 * np.arange(3000))},
])  # fmt: skip
def test_odd_sounds_are_shown_too(browser_page, sounds):
    odd = MaskListener(sounds, target="vocals", rate=22050)
    page = instrument_page(browser_page, odd)
    for kind in odd.kinds:
        apply(page, odd, kind=kind)
        assert off(sound(page), odd.estimate) <= 1e-5
    constant = np.ptp(sounds["vocals"]) == 0
    assert ("undefined" in page.locator(".read-out").inner_text()) == constant
    loud = max(np.abs(x).max() for x in sounds.values()) > 1
    assert page.get_by_text("softer, so that nothing clips").count() == int(loud)


def test_without_its_sounds_it_says_so(browser_page, song):
    lost = MaskListener(song.stems, target="vocals", rate=song.rate)
    page = instrument_page(browser_page, lost, without_bank=True)
    assert "out of reach" in page.locator("main").inner_text()


def test_when_it_goes_it_takes_sound_and_listeners_along(page):
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{INSTRUMENT}.player.playing")
    page.evaluate(f"{INSTRUMENT}.view.dispose()")
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")
    count = page.evaluate(f"{INSTRUMENT}.view.timings.length")
    page.evaluate(f"{INSTRUMENT}.view.model.set('threshold', 9)")
    page.wait_for_timeout(100)
    assert page.evaluate(f"{INSTRUMENT}.view.timings.length") == count


def test_every_move_makes_a_new_sound_and_its_time_is_printed(page, capsys):
    page.locator("summary").click()
    page.evaluate(f"{INSTRUMENT}.player.play()")
    medians = {}
    for kind, label in {"binary": "Threshold", "ratio": "Exponent", "painted": "From"}.items():
        page.get_by_label("Mask", exact=True).select_option(kind)
        box = page.get_by_label(label, exact=True).bounding_box()
        page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.evaluate(f"{INSTRUMENT}.view.timings.length = 0")
        for step in range(40):
            page.mouse.move(box["x"] + 10 + step * (box["width"] - 20) / 40, box["y"] + 3)
        page.mouse.up()
        timings = page.evaluate(f"{INSTRUMENT}.view.timings")
        assert len(timings) > 10
        medians[kind] = {name: np.median([ms[name] for ms in timings]) for name in timings[0]}
    with capsys.disabled():
        for kind, ms in medians.items():
            print(f"\n{kind}, median ms:", *(f"{name} {ms[name]:.1f}" for name in ms), end="")
