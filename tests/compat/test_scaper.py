"""scaper mixes as asked: levels, durations, effects, JAMS, and again from the JAMS."""

from __future__ import annotations

import jams
import numpy as np
import pyloudnorm
import pytest
import soundfile

from common.compat import nussl, scaper

RATE = 22050


def loudness(path) -> float:
    """Loudness in LUFS of what sounds in a file, as scaper measures it."""
    audio, rate = soundfile.read(path, always_2d=True)
    sounding = np.flatnonzero(np.abs(audio[:, 0]) > 0)
    return pyloudnorm.Meter(rate).integrated_loudness(audio[sounding[0] : sounding[-1] + 1])


def soundscape(folders, **event):
    foreground, background = folders
    scape = scaper.Scaper(2.5, foreground, background, random_state=3)
    scape.sr, scape.ref_db, scape.n_channels = RATE, -40, 1
    scape.fade_in_len = scape.fade_out_len = 0
    scape.add_background(("const", "hiss"), ("choose", []), ("const", 0))
    scape.add_event(
        **{
            "label": ("const", "bass"),
            "source_file": ("choose", []),
            "source_time": ("const", 0),
            "event_time": ("const", 0.5),
            "event_duration": ("const", 1.0),
            "snr": ("const", 6),
            "pitch_shift": None,
            "time_stretch": None,
            **event,
        }
    )
    return scape


def generate(scape, folder, **options):
    audio, jam, _, events = scape.generate(
        str(folder / "mix.wav"), str(folder / "mix.jams"), save_isolated_events=True, **options
    )
    return audio, jam, events


def test_the_mixture_is_the_sum_of_its_events(scaper_folders, tmp_path):
    audio, _, events = generate(soundscape(scaper_folders), tmp_path)
    assert audio.shape == (round(2.5 * RATE), 1)
    np.testing.assert_allclose(audio, sum(events), atol=1e-9)
    written, rate = soundfile.read(tmp_path / "mix.wav", always_2d=True)
    assert rate == RATE
    np.testing.assert_allclose(written, audio, atol=2**-30)
    assert len(list((tmp_path / "mix_events").iterdir())) == 2


@pytest.mark.parametrize("snr", [-3, 6])
def test_the_measured_snr_is_as_asked(scaper_folders, tmp_path, snr):
    generate(soundscape(scaper_folders, snr=("const", snr)), tmp_path)
    events = tmp_path / "mix_events"
    background = loudness(events / "background0_hiss.wav")
    assert background == pytest.approx(-40, abs=0.1)
    assert loudness(events / "foreground0_bass.wav") - background == pytest.approx(snr, abs=0.2)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("semitones", [None, -3, 4])
@pytest.mark.parametrize("stretch", [None, 0.8, 1.3])
def test_pitch_shift_and_time_stretch(scaper_folders, tmp_path, semitones, stretch, quick):
    event = {
        "pitch_shift": None if semitones is None else ("const", semitones),
        "time_stretch": None if stretch is None else ("const", stretch),
    }
    scape = soundscape(scaper_folders, **event)
    _, _, (_, bass) = generate(scape, tmp_path, quick_pitch_time=quick)
    sounding = np.flatnonzero(np.abs(bass[:, 0]) > 1e-6)
    assert sounding[0] / RATE == pytest.approx(0.5, abs=2e-3)
    # WSOLA, SoX's too, runs out of input some milliseconds before the end.
    assert (sounding[-1] - sounding[0]) / RATE == pytest.approx(stretch or 1.0, abs=0.025)
    spectrum = np.abs(np.fft.rfft(bass[:, 0], 8 * len(bass)))
    frequency = np.argmax(spectrum) * RATE / (8 * len(bass))
    assert frequency == pytest.approx(110 * 2 ** ((semitones or 0) / 12), rel=0.01)


def test_jams_tell_what_was_drawn_and_generate_the_same_again(scaper_folders, tmp_path):
    scape = soundscape(
        scaper_folders,
        snr=("uniform", 0, 10),
        event_time=("truncnorm", 0.5, 0.2, 0, 1),
        pitch_shift=("uniform", -2, 2),
        time_stretch=("uniform", 0.9, 1.1),
    )
    audio, _, _ = generate(scape, tmp_path)
    jam = jams.load(str(tmp_path / "mix.jams"))
    _, event = (observation.value for observation in jam.annotations[0].data)
    assert (event["role"], event["label"]) == ("foreground", "bass")
    assert 0 <= event["snr"] <= 10
    assert 0.9 <= event["time_stretch"] <= 1.1
    again, *_ = scaper.generate_from_jams(str(tmp_path / "mix.jams"), str(tmp_path / "again.wav"))
    np.testing.assert_array_equal(again, audio)


def test_trim_cuts_audio_and_jams(scaper_folders, tmp_path):
    audio, _, _ = generate(soundscape(scaper_folders), tmp_path)
    names = [str(tmp_path / name) for name in ("mix.wav", "mix.jams", "cut.wav", "cut.jams")]
    scaper.trim(*names, 1.0, 2.0)
    cut, _ = soundfile.read(tmp_path / "cut.wav", always_2d=True)
    np.testing.assert_allclose(cut, audio[RATE : 2 * RATE], atol=2**-30)
    assert jams.load(names[3]).annotations[0].duration == pytest.approx(1.0)


def test_clipping_is_fixed_on_request(scaper_folders, tmp_path):
    scape = soundscape(scaper_folders, snr=("const", 55))
    with pytest.warns(scaper.scaper_warnings.ScaperWarning) as warned:
        audio, *_ = generate(scape, tmp_path, fix_clipping=True)
    assert any("clipping" in str(warning.message) for warning in warned)
    assert np.abs(audio).max() == pytest.approx(1)


def test_reverb_is_refused_clearly(scaper_folders, tmp_path):
    with pytest.raises(NotImplementedError, match="reverb"):
        generate(soundscape(scaper_folders), tmp_path, reverb=0.3)


def test_nussls_scaper_hook_reads_a_generated_folder(scaper_folders, tmp_path):
    audio, _, events = generate(soundscape(scaper_folders), tmp_path)
    item = nussl.datasets.Scaper(str(tmp_path))[0]
    assert list(item["sources"]) == ["hiss::0", "bass::0"]
    np.testing.assert_allclose(item["mix"].audio_data.T, audio, atol=1e-6)
    np.testing.assert_allclose(item["sources"]["bass::0"].audio_data.T, events[1], atol=1e-6)
