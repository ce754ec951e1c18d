"""nussl's AudioSignal: transforms, effects, files, playing."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from common.compat import nussl
from tests.compat.material import RATE, waves


@pytest.mark.parametrize("window", ["sqrt_hann", "hann", "hamming", "blackman", "rectangular"])
def test_stft_and_back_gives_the_same_audio(mixture, window):
    signal = mixture
    before = signal.audio_data.copy()
    signal.stft_params = nussl.STFTParams(1024, 256, window)
    stft = signal.stft()
    assert stft.shape == (513, signal.signal_length // 256 + 2, 1)
    np.testing.assert_allclose(signal.istft(), before, atol=1e-6)


def test_resample_keeps_a_tone(sounds):
    bass = sounds["bass"].resample(16000)
    assert (bass.sample_rate, bass.signal_length) == (16000, 32000)
    spectrum = np.abs(np.fft.rfft(bass.audio_data[0]))
    assert np.argmax(spectrum) == 110 * 2


def test_rms_in_frames_and_overall(sounds):
    bass = sounds["bass"]
    assert bass.rms() == pytest.approx(0.3 / np.sqrt(2), rel=1e-3)
    # Two whole periods and a bit: a frame's level wavers by less than a tenth.
    np.testing.assert_allclose(bass.rms(win_len=1024)[3:-3], 0.3 / np.sqrt(2), rtol=0.1)


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_time_stretch_changes_the_length_and_not_the_pitch(sounds, factor):
    stretched = sounds["bass"].time_stretch(factor).apply_effects()
    assert stretched.signal_duration == pytest.approx(2 / factor, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(stretched.audio_data[0]))
    frequency = np.argmax(spectrum) / stretched.signal_duration
    assert frequency == pytest.approx(110, rel=0.02)


@pytest.mark.parametrize("semitones", [-4, 7])
def test_pitch_shift_changes_the_pitch_and_not_the_length(sounds, semitones):
    shifted = sounds["bass"].pitch_shift(semitones).apply_effects()
    assert shifted.signal_duration == pytest.approx(2, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(shifted.audio_data[0]))
    assert np.argmax(spectrum) / 2 == pytest.approx(110 * 2 ** (semitones / 12), rel=0.02)


def test_files_hold_what_was_written_clipped_not_wrapped(tmp_path):
    x = np.array([[0.0, 1.0, 1.5, -1.0, -1.5, 0.25]])
    path = str(tmp_path / "x.wav")
    nussl.AudioSignal(audio_data_array=x, sample_rate=RATE).write_audio_to_file(path)
    read = nussl.AudioSignal(path)
    assert read.sample_rate == RATE
    np.testing.assert_allclose(read.audio_data, np.clip(x, -1, 1), atol=2**-15)
    nussl.AudioSignal(audio_data_array=x, sample_rate=RATE).write_audio_to_file(path, 16000)
    assert soundfile.info(path).samplerate == 16000


@pytest.mark.parametrize(("ext", "mime"), [(".mp3", "mpeg"), ("wav", "wav"), (".flac", "flac")])
def test_embed_audio_in_memory(mixture, ext, mime, capfd):
    element = mixture.embed_audio(ext=ext, display=False)
    decoded, rate = soundfile.read(io.BytesIO(element.data))
    assert element.src_attr().startswith(f"data:audio/{mime};base64,")
    assert rate == RATE
    assert len(decoded) == pytest.approx(mixture.signal_length, abs=2500)  # MP3 pads
    assert capfd.readouterr() == ("", "")


def test_multitrack_embeds_each_sound(sounds):
    page = nussl.play_utils.multitrack(sounds, display=False).data
    assert page.count("data:audio/mpeg;base64,") == len(sounds)


def test_mixing_pans_and_delays(sounds):
    left = nussl.mixing.pan_audio_signal(sounds["bass"], -45)
    assert left.num_channels == 2
    np.testing.assert_allclose(left.audio_data[1], 0, atol=1e-7)
    delayed = nussl.mixing.delay_audio_signal(sounds["bass"], [100])
    np.testing.assert_array_equal(delayed.audio_data[0, 100:], waves()["bass"][:-100].astype("f4"))
