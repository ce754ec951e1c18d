"""nussl's evaluation and museval: scores of known errors, in JSON, tables and report cards."""

from __future__ import annotations

import json

import numpy as np
import pytest

from common.compat import musdb, museval, nussl
from tests.compat.material import RATE


def with_crosstalk(sounds: dict, amount: float) -> list:
    """Each sound with a share of all others added."""
    everything = sum(sounds.values())
    return [sound + (everything - sound) * amount for sound in sounds.values()]


def signal_to_noise(target, estimate) -> float:
    target, estimate = (x - x.mean() for x in (target.audio_data, estimate.audio_data))
    return 10 * np.log10(np.sum(target**2) / np.sum((estimate - target) ** 2))


def test_bss_eval_scale_measures_crosstalk(sounds):
    estimates = with_crosstalk(sounds, 0.1)
    evaluator = nussl.evaluation.BSSEvalScale(
        list(sounds.values()), estimates, source_labels=list(sounds)
    )
    scores = json.loads(json.dumps(evaluator.evaluate()))
    for (name, target), estimate in zip(sounds.items(), estimates, strict=True):
        assert scores[name]["SNR"][0] == pytest.approx(signal_to_noise(target, estimate), abs=1e-3)
        assert scores[name]["SNRi"][0] == pytest.approx(20, abs=0.1)  # 0.1 of the interference
        assert scores[name]["SI-SAR"][0] > 60  # no artifacts


def test_bss_eval_scale_finds_the_permutation(sounds):
    targets = list(sounds.values())
    evaluator = nussl.evaluation.BSSEvalScale(
        targets, with_crosstalk(sounds, 0.1)[::-1], compute_permutation=True
    )
    assert list(evaluator.evaluate()["permutation"]) == [3, 2, 1, 0]


def test_bss_eval_v4_is_musevals(sounds):
    two = {name: sounds[name] for name in ("drums", "bass")}
    estimates = with_crosstalk(two, 0.1)
    evaluator = nussl.evaluation.BSSEvalV4(list(two.values()), estimates, source_labels=list(two))
    scores = json.loads(json.dumps(evaluator.evaluate()))
    stacks = [
        np.stack([x.audio_data.T for x in signals]) for signals in (list(two.values()), estimates)
    ]
    sdr = museval.metrics.bss_eval(*stacks, compute_permutation=False)[0]
    np.testing.assert_allclose(scores["drums"]["SDR"], sdr[0])
    assert len(sdr[0]) == 1  # a window of 30 s
    assert scores["bass"]["SIR"][0] > 15


def test_precision_recall_of_masks():
    truth = nussl.core.masks.BinaryMask(np.tile([[1, 0]], (4, 2))[..., None])
    guess = nussl.core.masks.BinaryMask(np.ones((4, 4, 1)))
    scores = nussl.evaluation.PrecisionRecallFScore(
        [truth], [guess], source_labels=["a"]
    ).evaluate()
    assert (scores["a"]["Precision"], scores["a"]["Recall"]) == ([0.5], [1.0])


def test_report_card_of_score_files(sounds, tmp_path):
    for i, amount in enumerate((0.1, 0.05)):
        evaluator = nussl.evaluation.BSSEvalScale(
            list(sounds.values()), with_crosstalk(sounds, amount), source_labels=list(sounds)
        )
        (tmp_path / f"{i}.json").write_text(json.dumps(evaluator.evaluate()))
    frame = nussl.evaluation.aggregate_score_files(sorted(map(str, tmp_path.glob("*.json"))))
    assert frame.shape == (8, 14)
    card = nussl.evaluation.report_card(frame, notes="Two mixtures.", decimals=1)
    rows = {line.split("│")[1].strip(): line for line in card.splitlines() if line[:1] == "│"}
    assert rows["METRIC"].split() == "│ METRIC │ OVERALL │ BASS │ DRUMS │ OTHER │ VOCALS │".split()
    expected = np.trunc(10 * frame["SNRi"].median()) / 10
    assert f"{expected:.1f}" in rows["SNRi"].split("│")[2]
    assert card.rstrip().endswith("Two mixtures.")


def test_museval_scores_a_musdb_track_and_writes_json(musdb_root, tmp_path):
    root, _ = musdb_root
    track = musdb.DB(str(root), is_wav=True, subsets="test")[0]
    rng = np.random.default_rng(0)
    estimates = {}
    for name in ("vocals", "accompaniment"):
        audio = track.targets[name].audio
        noise = rng.standard_normal(audio.shape) * np.sqrt(np.mean(audio**2))
        estimates[name] = audio + 0.1 * noise
    scores = museval.eval_mus_track(track, estimates, output_dir=str(tmp_path))
    written = json.loads((tmp_path / "test" / f"{track.name}.json").read_text())
    assert written == json.loads(scores.json)
    for target in written["targets"]:
        sdr = [frame["metrics"]["SDR"] for frame in target["frames"]]
        assert len(sdr) == 3
        assert np.median(sdr) == pytest.approx(20, abs=1.5)
    table = museval.EvalStore()
    table.add_track(scores)
    assert table.agg_frames_tracks_scores()["vocals"]["SDR"] == pytest.approx(20, abs=1.5)


def test_museval_scores_folders_of_wav_files(sounds, tmp_path):
    two = {name: sounds[name] for name in ("bass", "vocals")}
    for folder, signals in (("truth", two.values()), ("guess", with_crosstalk(two, 0.1))):
        (tmp_path / folder).mkdir()
        for name, signal in zip(two, signals, strict=True):
            signal.write_audio_to_file(str(tmp_path / folder / f"{name}.wav"))
    scores = museval.eval_dir(str(tmp_path / "truth"), str(tmp_path / "guess"))
    targets = json.loads(scores.json)["targets"]
    assert len(targets) == 2
    assert len(targets[0]["frames"]) == 2
    assert all(frame["metrics"]["SIR"] > 10 for t in targets for frame in t["frames"])
    assert RATE == 22050
