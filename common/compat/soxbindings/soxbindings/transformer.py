"""``Transformer``: collect effects, then run audio through them, as pysox and soxbindings do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import soundfile

from . import effects
from .tempo import PROFILES, tempo

NOT_HERE = frozenset(
    """allpass bandpass bandreject bass bend biquad chorus compand contrast dcshift deemph
    delay downsample earwax echo echos equalizer fir flanger highpass hilbert loudness lowpass
    mcompand noiseprof noisered oops overdrive phaser power_spectrum preview repeat reverb silence
    sinc stat stats stretch swap treble tremolo upsample vad""".split()
)


@dataclass(frozen=True)
class Signal:
    """Audio ``(sample, channel)`` with its rate, and the rate that it has in the end."""

    audio: np.ndarray
    rate: float
    final_rate: float


@dataclass
class Transformer:
    """A chain of effects. Each effect returns the Transformer, so that calls can be chained.

    Implemented are ``tempo``, ``pitch``, ``speed``, ``rate``, ``convert``, ``channels``,
    ``remix``, ``fade``, ``gain``, ``norm``, ``vol``, ``trim``, ``pad`` and ``reverse``.
    All other effects of SoX raise NotImplementedError.
    """

    effects: list[Callable[[Signal], Signal]] = field(default_factory=list)
    effects_log: list[str] = field(default_factory=list)
    output_format: dict = field(default_factory=dict)

    def __getattr__(self, name: str):
        if name in NOT_HERE:
            raise NotImplementedError(
                f"The stand-in for soxbindings has no {name!r}: only the effects that nussl "
                "and scaper need for tempo, pitch, rate, channels, level and length."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # ------------------------------------------------------------------ time and pitch

    def tempo(self, factor: float, audio_type: str | None = None, quick: bool = False):
        """Play ``factor`` times as fast at the same pitch."""
        _check_positive("factor", factor)
        if audio_type not in PROFILES:
            raise ValueError(f"audio_type is None, 'm', 's' or 'l', not {audio_type!r}.")
        factor = float(f"{factor:f}")
        return self._add_audio("tempo", lambda x, rate: tempo(x, rate, factor, audio_type, quick))

    def pitch(self, n_semitones: float, quick: bool = False):
        """Shift the pitch by semitones at the same tempo: stretch, then resample."""
        factor = float(f"{2 ** -(float(f'{n_semitones * 100:f}') / 1200):g}")  # SoX's six digits

        def shift(signal: Signal) -> Signal:
            stretched = effects.clip(tempo(signal.audio, signal.rate, factor, None, quick))
            return Signal(stretched, signal.rate / factor, signal.final_rate)

        return self._add("pitch", shift)

    def speed(self, factor: float):
        """Play ``factor`` times as fast, with the pitch."""
        _check_positive("factor", factor)
        return self._add("speed", lambda s: Signal(s.audio, s.rate * factor, s.final_rate))

    def rate(self, samplerate: float, quality: str = "h"):
        """Resample to ``samplerate`` Hz."""
        _check_positive("samplerate", samplerate)
        if quality not in effects.QUALITIES:
            raise ValueError(f"quality is one of {sorted(effects.QUALITIES)}, not {quality!r}.")

        def resample(signal: Signal) -> Signal:
            audio = effects.rate(signal.audio, signal.rate, samplerate, quality)
            return Signal(effects.clip(audio), samplerate, samplerate)

        return self._add("rate", resample)

    def trim(self, start_time: float, end_time: float | None = None):
        """Keep what lies between two times in seconds."""
        if start_time < 0 or (end_time is not None and end_time <= start_time):
            raise ValueError(f"0 <= start_time < end_time, not {start_time} and {end_time}.")
        return self._add_audio("trim", lambda x, rate: effects.trim(x, rate, start_time, end_time))

    def pad(self, start_duration: float = 0.0, end_duration: float = 0.0):
        """Add silence, in seconds."""
        if start_duration < 0 or end_duration < 0:
            raise ValueError(f"Durations are >= 0, not {start_duration} and {end_duration}.")
        return self._add_audio(
            "pad", lambda x, rate: effects.pad(x, rate, start_duration, end_duration)
        )

    def reverse(self):
        """Play backwards."""
        return self._add_audio("reverse", lambda x, rate: x[::-1])

    # ------------------------------------------------------------------ level

    def fade(self, fade_in_len: float = 0.0, fade_out_len: float = 0.0, fade_shape: str = "q"):
        """Fade in and out, in seconds, along one of SoX's curves (q, h, t, l, p)."""
        if fade_shape not in effects.FADES:
            raise ValueError(f"fade_shape is one of {sorted(effects.FADES)}, not {fade_shape!r}.")

        def fade(x: np.ndarray, rate: float) -> np.ndarray:
            x = effects.fade_in(x, rate, fade_in_len, fade_shape)
            return effects.fade_in(x[::-1], rate, fade_out_len, fade_shape)[::-1]

        return self._add_audio("fade", fade)

    def gain(self, gain_db=0.0, normalize=True, limiter=False, balance=None):
        """Amplify by decibels; with ``normalize``, relative to a peak at full scale."""
        if limiter or balance is not None:
            raise NotImplementedError("The stand-in for soxbindings has no limiter or balance.")
        return self._add_audio("gain", lambda x, rate: effects.gain(x, gain_db, normalize))

    def norm(self, db_level: float = -3.0):
        """Bring the peak to ``db_level`` decibels below full scale."""
        return self._add_audio("norm", lambda x, rate: effects.gain(x, db_level, True))

    def vol(self, gain: float, gain_type: str = "amplitude", limiter_gain: float | None = None):
        """Multiply by a gain that is given as amplitude, power or decibels."""
        if limiter_gain is not None:
            raise NotImplementedError("The stand-in for soxbindings has no limiter.")
        factors = {"amplitude": gain, "power": np.sqrt(abs(gain)), "db": 10 ** (gain / 20)}
        return self._add_audio("vol", lambda x, rate: x * factors[gain_type])

    # ------------------------------------------------------------------ channels and format

    def channels(self, n_channels: int):
        """Mix down to fewer channels, or repeat them for more."""
        _check_positive("n_channels", n_channels)
        return self._add_audio("channels", lambda x, rate: effects.channels(x, n_channels))

    def remix(self, remix_dictionary: dict | None = None, num_output_channels: int | None = None):
        """Make each output channel the average of some inputs: ``{output: [inputs]}`` from 1."""
        outputs = None
        if remix_dictionary is not None:
            count = num_output_channels or max(remix_dictionary)
            outputs = [remix_dictionary.get(i, []) for i in range(1, count + 1)]
        return self._add_audio("remix", lambda x, rate: effects.remix(x, outputs))

    def convert(self, samplerate=None, n_channels=None, bitdepth=None):
        """Set the output's rate and channels; audio is 64-bit float here, whatever ``bitdepth``."""
        if n_channels is not None:
            self.set_output_format(channels=n_channels)
        return self if samplerate is None else self.rate(samplerate)

    def set_output_format(self, file_type=None, rate=None, bits=None, channels=None, **ignored):
        """Set the rate and the channels in which the audio comes out."""
        for name, value in (("rate", rate), ("channels", channels)):
            if value is not None:
                _check_positive(name, value)
                self.output_format[name] = value
        return self

    def set_input_format(self, **ignored):
        """Do nothing: the input tells its own format."""
        return self

    def set_globals(self, **ignored):
        """Do nothing: there is no dither, no guard and no second thread."""
        return self

    def clear_effects(self):
        """Forget all effects."""
        self.effects.clear()
        self.effects_log.clear()
        return self

    # ------------------------------------------------------------------ running

    def build_array(self, input_filepath=None, input_array=None, sample_rate_in=None, **ignored):
        """Run a file or an array ``(sample, channel)`` through the chain; returns 64-bit floats."""
        if (input_filepath is None) == (input_array is None):
            raise ValueError("Give one of input_filepath and input_array.")
        if input_filepath is not None:
            with open(input_filepath, "rb") as handle:
                input_array, sample_rate_in = soundfile.read(handle, always_2d=True)
        if sample_rate_in is None:
            raise ValueError("sample_rate_in must be given with input_array.")
        return self._run(np.asarray(input_array), float(sample_rate_in)).audio

    def build(
        self,
        input_filepath=None,
        output_filepath=None,
        input_array=None,
        sample_rate_in=None,
        **ignored,
    ) -> bool:
        """Run the chain and write the result, in the input file's encoding (an array's: 32 bit)."""
        subtype = "PCM_32" if input_filepath is None else soundfile.info(input_filepath).subtype
        if input_filepath is not None:
            sample_rate_in = soundfile.info(input_filepath).samplerate
            input_array = soundfile.read(input_filepath, always_2d=True)[0]
        signal = self._run(np.asarray(input_array), float(sample_rate_in))
        soundfile.write(output_filepath, signal.audio, round(signal.rate), subtype=subtype)
        return True

    build_file = build

    def _run(self, audio: np.ndarray, rate: float) -> Signal:
        if audio.dtype.kind in "iu":
            audio = audio / (np.iinfo(audio.dtype).max + 1.0)
        audio = audio.astype(np.float64)
        if audio.ndim == 1:
            audio = audio[:, None]
        signal = Signal(effects.clip(audio), rate, rate)
        for effect in self.effects:
            signal = effect(signal)
        audio, final_rate = signal.audio, self.output_format.get("rate", signal.final_rate)
        if "channels" in self.output_format:
            audio = effects.channels(audio, self.output_format["channels"])
        audio = effects.clip(effects.rate(audio, signal.rate, final_rate))
        return Signal(audio, final_rate, final_rate)

    def _add(self, name: str, effect: Callable[[Signal], Signal]):
        self.effects.append(effect)
        self.effects_log.append(name)
        return self

    def _add_audio(self, name: str, change: Callable[[np.ndarray, float], np.ndarray]):
        return self._add(
            name,
            lambda s: Signal(effects.clip(change(s.audio, s.rate)), s.rate, s.final_rate),
        )


def _check_positive(name: str, value: float) -> None:
    if isinstance(value, bool) or not np.isscalar(value) or not value > 0:
        raise ValueError(f"{name} must be a positive number, not {value!r}.")
