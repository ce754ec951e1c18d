"""Unmixer in Chromium: the page separates as torch does, and is kind to who brings a song."""

import io

import numpy as np
import pytest
import soundfile

from common.data import load_clip, load_songs
from common.data.files import convert
from common.evaluation import si_sdr
from common.pretrained import load_pretrained
from common.separation import separate
from common.viz.widgets import Unmixer

from .pages import instrument_page, numbers, page_of, serious_violations

pytestmark = pytest.mark.slow
RATE = 22050
CLOSE = 0.05  # dB
INSTRUMENT = "document.querySelector('.hear-the-mask').instrument"
SHORT = {"chunk": 3, "context": 1}


@pytest.fixture(scope="module")
def model():
    return load_pretrained("small")[0]


@pytest.fixture(scope="module")
def unmixer(model):
    song = load_clip("harbour-lights").excerpt(start=1.0, duration=3.0)
    return Unmixer(model.state_dict(), {"harbour-lights": song.mixture}, rate=RATE)


@pytest.fixture(scope="module")
def song():
    return load_songs("test")[0]


@pytest.fixture
def page(browser_page, unmixer):
    instrument_page(browser_page, unmixer)
    browser_page.wait_for_function(f"{INSTRUMENT}?.player?.tracks.size")
    return browser_page


def wav(x, rate=RATE, subtype="FLOAT"):
    file = io.BytesIO()
    soundfile.write(file, np.atleast_2d(x).T, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def bring(page, content, name="a song.wav"):
    file = {"name": name, "mimeType": "audio/wav", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)


def finished(page):
    page.wait_for_function(f"{INSTRUMENT}.estimates && !{INSTRUMENT}.busy", timeout=120_000)


def estimates(page):
    """What the page made, (source, channel, sample)."""
    return np.stack([numbers(page, f"{INSTRUMENT}.estimates[{s}]") for s in range(2)])


def again(page, **options):
    """Separate the same song with other options; return the estimates."""
    page.evaluate(f"(options) => {INSTRUMENT}.separate(options)", options)
    return estimates(page)


def vocals_db(estimate, song, rate=RATE):
    vocals = convert(song.stems["vocals"], song.rate, to_rate=rate, channels=len(estimate))
    length = min(vocals.shape[-1], estimate.shape[-1])
    return si_sdr(estimate[..., :length], vocals[..., :length])


def test_page_separates_as_torch_does(page, model, song):
    bring(page, wav(song.mixture))
    finished(page)
    got, wanted = estimates(page), separate(model, song.mixture, RATE, model_rate=RATE)
    assert abs(vocals_db(got[0], song) - vocals_db(wanted[0], song)) < CLOSE
    assert np.abs(got - wanted).max() < 1e-5
    assert np.abs(got.sum(axis=0) - song.mixture).max() < 1e-5
    assert page.evaluate(f"{INSTRUMENT}.where") == "worker"


@pytest.mark.parametrize("options", [
    SHORT, {**SHORT, "simd": False}, {"simd": False, "inPage": True}, {**SHORT, "inPage": True},
], ids=str)  # fmt: skip
def test_in_windows_without_simd_and_without_a_worker(page, model, song, options):
    x = song.mixture[:, : 9 * RATE + 77]
    bring(page, wav(x))
    finished(page)
    got = again(page, **options)
    sizes = {name: options[name] for name in SHORT if name in options}
    wanted = separate(model, x, RATE, model_rate=RATE, **sizes)
    assert np.abs(got - wanted).max() < 1e-5
    assert page.evaluate(f"{INSTRUMENT}.where") == ("page" if "inPage" in options else "worker")


def test_stereo_at_another_rate(page, model):
    clip = load_clip("paper-lanterns", channels=2)
    x = convert(clip.mixture, clip.rate, to_rate=44100, channels=2)
    bring(page, wav(x, 44100))
    finished(page)
    heard = numbers(page, f"{INSTRUMENT}.song.channels")
    length = clip.mixture.shape[1]
    # The browser's resampler is not ours: it rolls off elsewhere, and delays nothing.
    assert heard.shape == (2, length) and si_sdr(heard, clip.mixture) > 25
    got, wanted = estimates(page), separate(model, heard, RATE, model_rate=RATE)
    assert abs(vocals_db(got[0], clip) - vocals_db(wanted[0], clip)) < CLOSE
    assert np.abs(got - wanted).max() < 1e-5


def test_example_is_there_to_be_unmixed(page):
    page.get_by_role("button", name="Unmix").click()
    finished(page)
    assert page.get_by_text("harbour-lights, 0:03").is_visible()
    assert page.locator(".tracks .name").all_inner_texts() == [
        "1\nmixture", "2\nvocals", "3\naccompaniment"]  # fmt: skip


def test_parts_are_saved_as_files(page, song):
    x = 2.5 * song.mixture[:, : 3 * RATE]  # beyond full scale
    bring(page, wav(x), "my.own.song.wav")
    finished(page)
    made = estimates(page)
    for name, estimate in zip(("vocals", "accompaniment"), made, strict=True):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Save {name}").click()
        assert download.value.suggested_filename == f"my.own.song-{name}.wav"
        saved, rate = soundfile.read(download.value.path(), always_2d=True)
        gain = min(1, 1 / np.abs(made).max())
        assert rate == RATE and saved.shape == (x.shape[1], 1)
        assert np.abs(saved[:, 0] - gain * estimate[0]).max() < 2 / 32767
    assert page.get_by_text("softer, so that nothing clips").is_visible() == (gain < 1)


@pytest.mark.parametrize(("content", "said"), [
    (b"no sound at all", "no sound that this browser can read"),
    (wav(np.zeros(RATE)), "is silent"),
    (wav(np.zeros(16 * 60 * 8000), 8000, "PCM_U8"), "lasts 16 minutes; at most 15 fit"),
], ids=["text", "silence", "too long"])  # fmt: skip
def test_what_cannot_be_unmixed_is_explained(page, content, said):
    bring(page, content)
    page.get_by_role("alert").get_by_text(said).wait_for()
    assert not page.evaluate(f"{INSTRUMENT}.busy")
    bring(page, wav(0.1 * np.sin(np.arange(RATE))))  # and then a song is welcome
    finished(page)
    assert not page.get_by_role("alert").is_visible()


def test_work_shows_its_progress_and_can_be_cancelled(page, song):
    bring(page, wav(np.tile(song.mixture, 12)))
    bar = page.get_by_role("progressbar", name="Unmixed so far")
    page.wait_for_function(
        f"{INSTRUMENT}.model && document.querySelector('.hear-the-mask').shadowRoot"
        ".querySelector('progress').value > 0.02"
    )
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_function(f"!{INSTRUMENT}.busy")
    assert not bar.is_visible() and not page.evaluate(f"{INSTRUMENT}.estimates")
    assert page.get_by_role("button", name="Unmix").is_visible()


def test_song_can_be_dropped(page, song):
    content = list(wav(song.mixture[:, :RATE], subtype="PCM_16"))
    page.evaluate(
        """(bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "dropped.wav", { type: "audio/wav" }));
      document.querySelector(".hear-the-mask").shadowRoot.querySelector(".zone")
        .dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
    }""",
        content,
    )
    finished(page)
    assert page.get_by_text("dropped, 0:01").is_visible()


def test_keys_reach_everything(page):
    with page.expect_file_chooser():
        page.get_by_role("button", name="Choose a song").focus()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Unmix").focus()
    page.keyboard.press("Space")
    finished(page)
    assert not page.evaluate(f"{INSTRUMENT}.player.playing")  # Space pressed the button alone


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_read_by_all(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 800})
    assert serious_violations(page) == []
    page.get_by_role("button", name="Unmix").click()
    finished(page)
    assert serious_violations(page) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_from_a_folder_with_a_worker_and_a_microphone_that_is_refused(
    browser_page, unmixer, tmp_path
):
    asked = []
    browser_page.on("request", lambda request: asked.append(request.url))
    (tmp_path / "page.html").write_text(page_of(unmixer), encoding="utf-8")
    browser_page.goto((tmp_path / "page.html").as_uri())
    browser_page.get_by_role("button", name="Unmix").click()
    finished(browser_page)
    assert browser_page.evaluate(f"{INSTRUMENT}.where") == "worker"
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    browser_page.get_by_role("button", name="Record").click()
    browser_page.get_by_role("alert").get_by_text("gives no microphone here").wait_for()
