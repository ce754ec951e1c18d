"""Tables: which rows they have, what the rows say, and how they are written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import numpy as np
import pytest

from common.evaluation import (
    ScoreTable,
    baseline_estimates,
    bss_eval,
    fit_static_mask,
    score_songs,
    share,
    si_sdr,
    usdr,
)
from common.seed import rng
from common.stft import STFTConfig, istft, stft

RATE = 8000
CONFIG = STFTConfig(window_length=256, hop=64)
KEYS = [
    "mixture",
    "static",
    "ibm",
    "irm",
    "power_ratio",
    "phase_sensitive_clipped",
    "phase_sensitive",
]


@dataclass(frozen=True)
class Song:
    """A song as the tables ask for it, without the data's machinery."""

    name: str
    rate: int
    stems: dict[str, np.ndarray]

    @property
    def mixture(self) -> np.ndarray:
        return sum(self.stems.values())

    def source(self, name: str) -> np.ndarray:
        return self.stems[name]


def make_song(*parts: object, channels: int = 1, seconds: float = 1.5) -> Song:
    """Vocals high, on and off; bass low and steady; drums clicks in all frequencies."""
    draw, count = rng("table", *parts), int(seconds * RATE)
    time = np.arange(count) / RATE
    pitch = draw.uniform(900, 1300) * (1 + 0.01 * np.sin(2 * np.pi * 5 * time))
    hum = np.sin(2 * np.pi * np.cumsum(pitch) / RATE + draw.uniform(0, 6, (channels, 1)))
    vocals = hum * (np.sin(2 * np.pi * draw.uniform(1, 3) * time) > 0)
    bass = np.sin(2 * np.pi * draw.uniform(60, 120) * time + draw.uniform(0, 6, (channels, 1)))
    clicks = np.exp(-(np.arange(count) % int(draw.uniform(2000, 4000))) / 400)
    drums = clicks * draw.standard_normal((channels, count))
    stems = {"vocals": 0.1 * vocals, "bass": 0.3 * bass, "drums": 0.1 * drums}
    return Song("-".join(map(str, parts)), RATE, {k: v.astype("f4") for k, v in stems.items()})


def without(song: Song, stem: str) -> Song:
    return replace(song, name=f"{song.name}-no-{stem}", stems=song.stems | {stem: 0 * song.mixture})


@pytest.fixture(scope="module")
def static() -> np.ndarray:
    return fit_static_mask((make_song("train", i) for i in range(6)), "vocals", CONFIG)


@pytest.fixture(scope="module")
def songs() -> list[Song]:
    return [make_song("test", i) for i in range(4)]


def halfway(song: Song) -> np.ndarray:
    """Between the mixture and the truth."""
    return (song.mixture + song.source("vocals")) / 2


@pytest.fixture(scope="module")
def table(songs, static) -> ScoreTable:
    return score_songs(songs, {"halfway": halfway}, static=static, config=CONFIG)


def test_every_table_has_its_baselines_and_ideal_masks_in_order_of_meaning(table, songs, static):
    assert [row.key for row in table.rows] == [*KEYS[:2], "halfway", *KEYS[2:]]
    assert [row.group for row in table.rows] == ["baseline"] * 2 + ["method"] + ["oracle"] * 5
    alone = score_songs(songs[:1], static=static, config=CONFIG)
    assert [row.key for row in alone.rows] == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_no_table_can_be_made_without_them(table, key):
    rows = tuple(row for row in table.rows if row.key != key)
    with pytest.raises(ValueError, match=f"every baseline and ideal mask.*{key}"):
        ScoreTable(table.target, table.songs, rows)


def test_scores_are_those_of_the_estimates(table, songs, static):
    for i, song in enumerate(songs):
        estimates = dict(baseline_estimates(song, static=static, config=CONFIG))
        for key, estimate in {**estimates, "halfway": halfway(song)}.items():
            expected = si_sdr(estimate, song.source("vocals"))
            assert table.scores(key)[i] == pytest.approx(expected, abs=1e-9)
    assert table.songs == tuple(song.name for song in songs)


def test_mixture_is_untouched_and_masks_rank_as_theory_says(table, songs):
    mixture = [si_sdr(song.mixture, song.source("vocals")) for song in songs]
    np.testing.assert_array_equal(table.scores("mixture"), mixture)
    for better, worse in [
        ("static", "mixture"),
        ("phase_sensitive_clipped", "static"),
        ("phase_sensitive_clipped", "ibm"),
        ("phase_sensitive_clipped", "irm"),
        ("phase_sensitive_clipped", "power_ratio"),
        ("phase_sensitive", "phase_sensitive_clipped"),
    ]:
        assert (table.scores(better) > table.scores(worse)).all()


def test_summaries_over_songs(table):
    scores = {key: table.scores(key) for key in [*KEYS, "halfway"]}
    ceiling = scores["phase_sensitive_clipped"]
    for row in table.to_rows():
        key = row["key"]
        assert row["si_sdr_mean"] == pytest.approx(scores[key].mean())
        assert row["si_sdr_median"] == pytest.approx(np.median(scores[key]))
        gain = (scores[key] - scores["mixture"]).mean()
        assert row["si_sdr_improvement"] == pytest.approx(gain)
        expected = share(scores[key], scores["static"], ceiling)
        assert (row["share"], row["share_low"]) == (expected.value, expected.low)
        assert (row["songs"], row["undefined"], row["silent"]) == (4, 0, 0)
    assert table.share("static").value == 0
    assert table.share("phase_sensitive_clipped").value == 1


def test_songs_without_the_target_are_counted_not_scored(songs, static):
    mixed = [songs[0], without(songs[1], "vocals"), songs[2]]
    methods = {"halfway": halfway}
    table = score_songs(mixed, methods, static=static, config=CONFIG, metrics=("usdr",))
    pair = score_songs([songs[0], songs[2]], methods, static=static, config=CONFIG)
    for key in [*KEYS, "halfway"]:
        assert np.isnan(table.scores(key)).tolist() == [False, True, False]
        assert np.isnan(table.scores(key, "usdr")).tolist() == [False, True, False]
        assert table.undefined(key) == 1
        assert table.mean(key) == pytest.approx(pair.mean(key))
    assert table.share("halfway").dropped == 1
    assert table.share("halfway").value == pytest.approx(pair.share("halfway").value)
    for text in (str(table), table._repr_html_()):
        assert "2 songs scored, 1 undefined" in text
        assert "the target is silent" in text


@pytest.mark.filterwarnings("error")
def test_no_song_with_the_target(songs, static):
    table = score_songs([without(songs[0], "vocals")], static=static, config=CONFIG)
    assert np.isnan(table.mean("irm"))
    assert "undefined" in str(table)
    assert "0 songs scored, 1 undefined" in table._repr_html_()


@pytest.mark.filterwarnings("error")
def test_silent_estimates_are_seen(songs, static):
    methods = {"mute": lambda song: 0 * song.mixture}
    table = score_songs(songs[:2], methods, static=static, config=CONFIG, metrics=("bss_eval",))
    assert table.mean("mute") == table.share("mute").value == -np.inf
    assert table.silent("mute") == 2
    assert table["mute"].scores["sdr"] == pytest.approx((np.nan, np.nan), nan_ok=True)
    assert "scored -inf: mute (2)." in str(table)
    assert "BSSEval can score: mute (2)." in str(table)


def test_other_metrics_on_request(songs, static):
    table = score_songs(
        songs[:2], {"halfway": halfway}, static=static, config=CONFIG, metrics=("usdr", "bss_eval")
    )
    assert table.metrics == ("si_sdr", "usdr", "sdr", "isr", "sir", "sar")
    for i, song in enumerate(songs[:2]):
        vocals = song.source("vocals")
        scores = bss_eval(
            {"vocals": halfway(song)}, {"vocals": vocals, "rest": song.mixture - vocals}, RATE
        )["vocals"]
        assert table.scores("halfway", "usdr")[i] == usdr(halfway(song), vocals)
        for metric in ("sdr", "isr", "sir", "sar"):
            assert table.scores("halfway", metric)[i] == getattr(scores, metric)
    row = table.to_rows()[2]
    assert row["usdr_mean"] == pytest.approx(table.mean("halfway", "usdr"))
    assert row["sdr_median"] == pytest.approx(table.median("halfway", "sdr"))
    assert "uSDR mean / dB" in str(table)
    assert "SIR median / dB" in table._repr_html_()


@pytest.mark.parametrize("target", ["drums", "bass"])
def test_other_stems(songs, target):
    static = fit_static_mask((make_song("train", i) for i in range(3)), target, CONFIG)
    table = score_songs(songs[:1], target=target, static=static, config=CONFIG)
    assert table.target == target
    expected = si_sdr(songs[0].mixture, songs[0].source(target))
    assert table.mean("mixture") == expected
    assert str(table).startswith(f"{target}: 1 song scored")


def test_stereo(static):
    song = make_song("stereo", channels=2)
    table = score_songs([song], {"halfway": halfway}, static=static, config=CONFIG)
    channels = [
        score_songs(
            [replace(song, stems={k: v[c : c + 1] for k, v in song.stems.items()})],
            static=static,
            config=CONFIG,
        )
        for c in range(2)
    ]
    for key in KEYS:
        expected = np.mean([channel.mean(key) for channel in channels])
        assert table.mean(key) == pytest.approx(expected, abs=1e-6)


def test_static_mask_is_the_power_over_all_songs():
    # Songs of unequal length, one of them stereo: powers add up, they are not averaged.
    train = [make_song("train", i, seconds=1 + i) for i in range(3)]
    train.append(make_song("train", 3, channels=2))
    static = fit_static_mask(iter(train), "vocals", CONFIG)
    powers = [
        sum((abs(stft(signal, CONFIG).astype(complex)) ** 2).sum(axis=(0, 2)) for signal in signals)
        for signals in ([s.source("vocals") for s in train], [s.mixture for s in train])
    ]
    np.testing.assert_allclose(static[:, 0], np.clip(powers[0] / powers[1], 0, 1), rtol=1e-5)
    assert static.shape == (CONFIG.window_length // 2 + 1, 1)


def test_static_estimate_is_a_fixed_gain_per_frequency(songs, static):
    mixture = songs[0].mixture
    estimate = dict(baseline_estimates(songs[0], static=static, config=CONFIG))["static"]
    expected = istft(static * stft(mixture, CONFIG), length=mixture.shape[-1], config=CONFIG)
    np.testing.assert_allclose(estimate, expected, atol=1e-6)
    assert estimate.dtype == mixture.dtype


def test_each_key_is_the_mask_that_it_names(songs):
    # Full static mask: that row must be the mixture again.
    static = np.ones((CONFIG.window_length // 2 + 1, 1))
    estimates = dict(baseline_estimates(songs[0], static=static, config=CONFIG))
    mixture, vocals = songs[0].mixture, songs[0].source("vocals")
    X, S, R = (stft(x.astype(float), CONFIG) for x in (mixture, vocals, mixture - vocals))
    s, r = abs(S), abs(R)
    gain = (S * X.conj()).real / abs(X) ** 2
    masks = {
        "mixture": np.ones_like(s),
        "static": np.ones_like(s),
        "ibm": (s > r).astype(float),
        "irm": s / (s + r),
        "power_ratio": s**2 / (s**2 + r**2),
        "phase_sensitive_clipped": np.clip(gain, 0, 1),
        "phase_sensitive": gain,
    }
    assert list(estimates) == list(masks) == KEYS
    for key, mask in masks.items():
        expected = istft(mask * X, length=mixture.shape[-1], config=CONFIG)
        error = np.sqrt(np.mean((estimates[key] - expected) ** 2) / np.mean(expected**2))
        assert error < 1e-3, key


def test_songs_are_read_once_and_one_at_a_time(static):
    held = 0

    def stream():
        nonlocal held
        for i in range(3):
            held += 1
            yield make_song("stream", i)

    seen = []

    def method(song: Song) -> np.ndarray:
        seen.append((song.name, held))
        return song.mixture

    score_songs(stream(), {"method": method}, static=static, config=CONFIG)
    assert seen == [("stream-0", 1), ("stream-1", 2), ("stream-2", 3)]


def test_json_keeps_every_score_and_no_pickle(table, songs, static):
    text = table.to_json()
    assert text == table.to_json()
    again = ScoreTable.from_json(text)
    assert again.to_json() == text
    for key in [*KEYS, "halfway"]:
        np.testing.assert_allclose(again.scores(key), table.scores(key), atol=5.1e-4)
        assert again[key].label == table[key].label
    assert str(again) == str(ScoreTable.from_json(str(text)))
    assert json.loads(text)["unit"] == "dB"
    assert again["irm"].scores["si_sdr"][0] == round(table.scores("irm")[0], 3)

    odd = score_songs(
        [songs[0], without(songs[1], "vocals")],
        {"mute": lambda song: 0 * song.mixture, "truth": lambda song: song.source("vocals")},
        static=static,
        config=CONFIG,
    )
    back = ScoreTable.from_json(odd.to_json())  # strict JSON: no NaN, no Infinity
    assert back["mute"].scores["si_sdr"] == pytest.approx((-np.inf, np.nan), nan_ok=True)
    assert back["truth"].scores["si_sdr"] == pytest.approx((np.inf, np.nan), nan_ok=True)


class Outline(HTMLParser):
    """Tags in order, and each row's cells."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.scopes: list[str | None] = []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag == "th":
            self.scopes.append(dict(attributes).get("scope"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "tr" in self.open and data.strip():
            self.rows[-1][-1] += data


def test_html_is_well_formed_with_scopes_units_and_escapes(songs, static):
    methods = {"<b>loud & bold": halfway}
    table = score_songs(songs, methods, static=static, config=CONFIG)
    html = table._repr_html_()
    assert html == table._repr_html_()
    outline = Outline()
    outline.feed(html)
    assert not outline.open
    header, *rows = outline.rows
    assert header[1:3] == ["SI-SDR mean / dB", "SI-SDR median / dB"]
    data = [row for row in rows if len(row) > 1]
    assert [row[0] for row in data] == [row.label for row in table.rows]
    assert {len(row) for row in data} == {len(header)}
    assert None not in outline.scopes
    assert html.count("<caption>") == 1
    assert "<b>" not in html
    mixture = data[0]
    assert mixture[1] == f"{table.mean('mixture'):.1f}".replace("-", "\u2212")
    assert mixture[3] == "0.0"


def test_text_has_the_same_numbers(table):
    lines = str(table).splitlines()
    assert lines[0] == "vocals: 4 songs scored"
    line = next(line for line in lines if line.startswith("ideal ratio mask"))
    assert f"{table.mean('irm'):.1f}" in line
    assert str(table.share("irm")) in line
    assert lines[-1].startswith("Share: 0 is the static mask")


def test_no_negative_zero_is_shown(songs, static):
    methods = {"nearly": lambda song: song.mixture - 1e-4 * song.source("vocals")}
    table = score_songs(songs, methods, static=static, config=CONFIG)
    assert -0.05 < table.improvement("nearly") < 0
    assert "-0.0 " not in str(table)
    assert "\u22120.0<" not in table._repr_html_()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"songs": []}, "at least one song"),
        ({"songs": "twice"}, "each name once"),
        ({"static": np.ones(129)}, "fit_static_mask"),
        ({"static": np.ones((65, 1))}, "fit_static_mask"),
        ({"static": np.full((129, 1), 2.0)}, r"gains in \[0, 1\]"),
        ({"static": np.full((129, 1), np.nan)}, r"gains in \[0, 1\]"),
        ({"metrics": ("pesq",)}, "metrics"),
        ({"metrics": "usdr"}, "metrics"),
        ({"methods": {"irm": halfway}}, "names of your own"),
        ({"methods": {"short": lambda song: song.mixture[:, 1:]}}, "'short' on song 'test-0'"),
        ({"methods": {"flat": lambda song: song.mixture[0]}}, "'flat' on song 'test-0'"),
        ({"methods": {"bad": lambda song: song.mixture * np.nan}}, "'bad' on song 'test-0'"),
    ],
)
def test_what_makes_no_table_is_refused(songs, static, options, says):
    options = {"songs": songs[:1], "static": static, "config": CONFIG} | options
    if options["songs"] == "twice":
        options["songs"] = [songs[0], songs[0]]
    with pytest.raises(ValueError, match=says):
        score_songs(**options)


def test_rows_must_fit_the_songs(table):
    first = replace(table.rows[0], scores={"si_sdr": (1.0,)})
    with pytest.raises(ValueError, match="expected 4 scores"):
        ScoreTable(table.target, table.songs, (first, *table.rows[1:]))
    other = replace(table.rows[1], scores={"usdr": (1.0,) * 4})
    with pytest.raises(ValueError, match="expected scores of"):
        ScoreTable(table.target, table.songs, (table.rows[0], other, *table.rows[2:]))
    with pytest.raises(KeyError, match="expected one of"):
        table["nobody"]


def test_two_tables_of_the_same_songs_are_joined(table, songs, static):
    more = {"quarter": lambda song: song.mixture / 4, "vocals": lambda song: song.source("vocals")}
    other = score_songs(songs, more, static=static, config=CONFIG, metrics=("usdr",))
    both = table.joined(other)
    assert [row.key for row in both.rows] == [*KEYS[:2], "halfway", *more, *KEYS[2:]]
    assert both.metrics == ("si_sdr",)
    np.testing.assert_array_equal(both.scores("quarter"), other.scores("quarter"))


def test_tables_that_do_not_fit_are_not_joined(table, songs, static):
    fewer = score_songs(songs[:2], static=static, config=CONFIG)
    with pytest.raises(ValueError, match=r"expected scores of vocals on 4 songs.*on 2"):
        table.joined(fewer)
    louder = score_songs(songs, static=np.minimum(1, 1.5 * static), config=CONFIG)
    with pytest.raises(ValueError, match=r"the same si_sdr of 'static mask'.*measure both again"):
        table.joined(louder)
    with pytest.raises(ValueError, match="the same usdr of 'mixture"):
        score_songs(songs, static=static, config=CONFIG, metrics=("usdr",)).joined(table)


def test_training_songs_are_needed():
    with pytest.raises(ValueError, match="at least one training song"):
        fit_static_mask([], "vocals", CONFIG)


def test_the_ends_of_the_scale_and_a_single_song_have_no_interval(table):
    static = next(line for line in str(table).splitlines() if line.startswith("static mask"))
    assert static.endswith(" 0.00")
    rows = [replace(row, scores={"si_sdr": row.scores["si_sdr"][:1]}) for row in table.rows]
    one = ScoreTable(table.target, table.songs[:1], tuple(rows))
    assert "[" not in "\n".join(str(one).splitlines()[2:-1])
