"""Patches of nussl's plots, which call librosa.display as it was in 2020."""

from __future__ import annotations

import numpy as np

from common.compat.mending import replace


def mel_spectrogram_plot() -> None:
    """visualize_spectrogram calls librosa.feature.melspectrogram by position."""
    from nussl.core import utils

    def for_mel(old):
        def visualize_spectrogram(
            audio_signal, ch=0, do_mono=False, x_axis="time", y_axis="linear", **kwargs
        ):
            if y_axis != "mel":
                return old(audio_signal, ch, do_mono, x_axis, y_axis, **kwargs)
            import librosa.display

            if do_mono:
                audio_signal = audio_signal.to_mono(overwrite=False)
            rate, hop = audio_signal.sample_rate, audio_signal.stft_params.hop_length
            mel = librosa.feature.melspectrogram(y=audio_signal.get_channel(ch), sr=rate)
            kwargs.update(x_axis=x_axis, y_axis="mel", fmax=rate / 2)
            decibels = librosa.amplitude_to_db(mel, ref=np.max)
            librosa.display.specshow(decibels, sr=rate, hop_length=hop, **kwargs)

        return visualize_spectrogram

    replace(utils, "visualize_spectrogram", for_mel)


def waveform_plot() -> None:
    """visualize_waveform calls librosa.display.waveplot, which became waveshow."""
    from nussl.core import utils

    def visualize_waveform(audio_signal, ch=0, do_mono=False, x_axis="time", **kwargs):
        import librosa.display
        import matplotlib.pyplot as plt

        if do_mono:
            audio_signal = audio_signal.to_mono(overwrite=False)
        librosa.display.waveshow(
            audio_signal.audio_data[ch], sr=audio_signal.sample_rate, axis=x_axis, **kwargs
        )
        plt.ylabel("Amplitude")

    replace(utils, "visualize_waveform", lambda old: visualize_waveform)


def masks_plot() -> None:
    """visualize_sources_as_masks calls a private librosa function that has two more arguments."""
    from nussl.core import utils

    def with_old_arguments(old):
        def visualize_sources_as_masks(*args, **kwargs):
            from librosa import display

            scale_axes = vars(display)["__scale_axes"]
            if not scale_axes.__defaults__:
                scale_axes.__defaults__ = (None, None)  # tempo_min and tempo_max
            old(*args, **kwargs)

        return visualize_sources_as_masks

    replace(utils, "visualize_sources_as_masks", with_old_arguments)
