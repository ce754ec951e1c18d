"""The checks of the site find what they are there to find."""

import base64
import io

import numpy as np
import pytest
import soundfile

from tests.site import checks

RATE = 22050
TONE = 0.5 * np.sin(np.arange(RATE, dtype=np.float32) / 10)


@pytest.fixture
def page(tmp_path):
    (tmp_path / "there.html").write_text('<h2 id="here">There</h2>')

    def write(body, name="page.html"):
        path = tmp_path / name
        path.write_text(f"<html><body><article>{body}</article></body></html>")
        checks.parse.cache_clear()
        checks.anchors.cache_clear()
        return path

    return write


def player(sound, rate=RATE, label="a tone"):
    out = io.BytesIO()
    soundfile.write(out, sound, rate, format="WAV")
    data = base64.b64encode(out.getvalue()).decode()
    return f'<audio aria-label="{label}" src="data:audio/wav;base64,{data}"></audio>'


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("there.html", None),
        ("there.html#here", None),
        ("#top", None),
        ("https://example.org/x#y", None),
        ("there.html?x=1#here", None),
        ("nowhere.html", "leads to no file"),
        ("there.html#nowhere", "no such anchor"),
        ("#nowhere", "no such anchor"),
        ("/there.html", "root only"),
        ("../outside.html", "leads to no file"),
    ],
)
def test_broken_links(page, tmp_path, address, complaint):
    found = list(checks.broken_links(page(f'<i id="top"></i><a href="{address}">x</a>'), tmp_path))
    assert not found if complaint is None else complaint in found[0]


def test_missing_picture_is_a_broken_link(page, tmp_path):
    assert list(checks.broken_links(page('<img src="none.png" alt="x">'), tmp_path))


@pytest.mark.parametrize(
    "body",
    [
        "<pre>Traceback (most recent call last)</pre>",
        "<p>WARNING: no such thing</p>",
        "<p>&lt;Figure size 640x480&gt;</p>",
        '<div class="system-message">x</div>',
    ],
)
def test_trouble(page, body):
    assert list(checks.trouble(page(body)))
    assert not list(checks.trouble(page("<p>A mask is a gain.</p>")))


@pytest.mark.parametrize(
    "body",
    [
        '<img src="x.png">',
        '<img src="x.png" alt=" ">',
        "<svg></svg>",
        '<svg role="img"></svg>',
        '<svg aria-label="A mask."></svg>',
        '<audio src="x"></audio>',
    ],
)
def test_undescribed(page, body):
    assert list(checks.undescribed(page(body)))


def test_described(page):
    body = (
        '<img src="x.png" alt="A mask."><svg role="img" aria-label="A mask."></svg>'
        '<svg aria-hidden="true"></svg><audio aria-label="A tone."></audio>'
    )
    assert not list(checks.undescribed(page(body)))


@pytest.mark.parametrize(
    ("sound", "complaint"),
    [
        (TONE, None),
        (np.tile(TONE, 6), None),
        (np.tile(TONE, 7), "lasts 7.00 s"),
        (np.clip(4 * TONE, -1, 1), "is clipped"),
        (0 * TONE, "is silent"),
        (TONE[:0], "is silent"),
    ],
)
def test_bad_sounds(page, sound, complaint):
    found = list(checks.bad_sounds(page(player(sound))))
    assert not found if complaint is None else complaint in found[0]


@pytest.mark.parametrize(
    "source", ["clip.wav", "", "data:audio/wav;base64,AAAA", "data:audio/wav;base64,A"]
)
def test_sound_that_is_not_in_the_page(page, source):
    assert list(checks.bad_sounds(page(f'<audio aria-label="x" src="{source}"></audio>')))


def test_weight_counts_the_page_and_its_own_files_once(page, tmp_path):
    (tmp_path / "own.png").write_bytes(bytes(1000))
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "theme.js").write_bytes(bytes(9000))
    path = page(
        '<img src="own.png" alt="x"><img src="own.png" alt="y"><a href="there.html">x</a>'
        '<script src="_static/theme.js"></script><script src="searchindex.js"></script>'
    )
    (tmp_path / "searchindex.js").write_bytes(bytes(9000))
    assert checks.weight(path) == path.stat().st_size + 1000


def test_loaded_from_elsewhere(page):
    path = page(
        '<script src="https://cdn.example/x.js"></script><a href="https://example.org">x</a>'
        '<link rel="canonical" href="https://book.example/">'
    )
    assert checks.loaded_from_elsewhere(path) == {"https://cdn.example/x.js"}
