"""Patches of nussl's AudioSignal and of its player."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np

from common.compat.mending import replace


def librosa_resample_and_rms() -> None:
    """AudioSignal calls librosa.resample and feature.rms by position; rms's padding changed."""
    import librosa
    import nussl.core.audio_signal

    def resample(y, orig_sr, target_sr, **kwargs):
        return librosa.resample(y, orig_sr=orig_sr, target_sr=target_sr, **kwargs)

    def rms(y, **kwargs):
        return librosa.feature.rms(y=y, **{"pad_mode": "reflect", **kwargs})

    nussl.core.audio_signal.librosa = SimpleNamespace(
        load=librosa.load, resample=resample, feature=SimpleNamespace(rms=rms)
    )


def window_names() -> None:
    """OverlapAdd asks scipy for the window 'hanning', which is called 'hann' now."""
    from nussl import AudioSignal

    def known_window(old):
        def get_window(window_type, window_length):
            return old("hann" if window_type == "hanning" else window_type, window_length)

        return get_window

    replace(AudioSignal, "get_window", lambda old: staticmethod(known_window(old)))


def full_scale_in_files() -> None:
    """write_audio_to_file wraps a sample of 1.0 to -1.0, which clicks."""
    from nussl.core import audio_signal

    def write_audio_to_file(self, output_file_path, sample_rate=None):
        if self.audio_data is None:
            raise audio_signal.AudioSignalException("Cannot write a file: there is no audio data.")
        audio = self.audio_data
        if not np.issubdtype(audio.dtype, np.integer):
            audio = np.clip(audio * 32768, -32768, 32767).astype(np.int16)
        audio_signal.wav.write(output_file_path, sample_rate or self.sample_rate, audio.T)

    replace(audio_signal.AudioSignal, "write_audio_to_file", lambda old: write_audio_to_file)


def player_in_memory() -> None:
    """embed_audio starts ffmpeg, whose log lands in the notebook; soundfile encodes as well."""
    from nussl.core import play_utils

    def embed_audio(audio_signal, ext=".mp3", display=True):
        import IPython.display
        import soundfile

        kind = ext.removeprefix(".").lower()
        file = io.BytesIO()
        # libsndfile neither scales nor wraps floats beyond full scale, so clip them here.
        audio = np.clip(audio_signal.audio_data.T, -1, 1)
        soundfile.write(file, audio, audio_signal.sample_rate, format=kind.upper())
        element = IPython.display.Audio(data=file.getvalue())
        element.mimetype = {"mp3": "audio/mpeg"}.get(kind, f"audio/{kind}")
        if display:
            IPython.display.display(element)
        return element

    replace(play_utils, "embed_audio", lambda old: embed_audio)
