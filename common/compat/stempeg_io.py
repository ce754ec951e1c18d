"""stempeg (so musdb, museval and nussl) without the programs ffmpeg and ffprobe.

Lossless files are read and written by soundfile, all others are read by PyAV, which
brings FFmpeg's libraries in its wheel and decodes as the program does. Where both
programs are installed, nothing here is applied.
"""

from __future__ import annotations

import sys
import types
from pathlib import Path
from shutil import which

import numpy as np

LOSSLESS = ("AIFF", "FLAC", "RF64", "W64", "WAV", "WAVEX")
NEEDS_FFMPEG = (
    "{} needs the programs ffmpeg and ffprobe, which are not installed. "
    "Without them stempeg reads all formats, and writes .wav and .flac."
)


def programs_installed() -> bool:
    """Whether stempeg would find the two programs that it asks for."""
    return which("ffmpeg") is not None and which("ffprobe") is not None


def _refuse(task: str):
    def refuse(*args, **kwargs):
        raise RuntimeError(NEEDS_FFMPEG.format(task))

    return refuse


def stempeg_without_ffmpeg() -> None:
    """stempeg.cmds raises on import where ffmpeg or ffprobe is missing; another takes its place."""
    if programs_installed() or "stempeg.cmds" in sys.modules:
        return
    commands = types.ModuleType("stempeg.cmds", "Stands in for stempeg's search for ffmpeg.")
    commands.FFMPEG_PATH = commands.FFPROBE_PATH = commands.MP4BOX_PATH = None
    commands.find_cmd = which
    commands.ffmpeg_and_ffprobe_exists = programs_installed
    commands.mp4box_exists = lambda: which("MP4Box") is not None
    commands.get_aac_codec = _refuse("Writing AAC")
    commands.check_available_aac_encoders = _refuse("Listing AAC encoders")
    sys.modules["stempeg.cmds"] = commands


def stempeg_read() -> None:
    """stempeg starts ffprobe and one ffmpeg a stem to read; soundfile and PyAV do it here."""
    import stempeg.read

    if programs_installed():
        return
    stempeg.cmds = sys.modules["stempeg.cmds"]
    # stempeg.read uses three things of ffmpeg-python and one of warnings that does not exist.
    stempeg.read.ffmpeg = types.SimpleNamespace(
        probe=probe, _run=types.SimpleNamespace(Error=ChildProcessError)
    )
    stempeg.read._read_ffmpeg = read_stream


def stempeg_write() -> None:
    """stempeg pipes to ffmpeg to write; soundfile writes .wav and .flac here."""
    import stempeg.write

    if programs_installed():
        return
    stempeg.write_audio = stempeg.write.write_audio = write_audio
    stempeg.write_stems = stempeg.write.write_stems = _refuse("Writing stems")
    stempeg.ffmpeg_version = _refuse("Asking for ffmpeg's version")


def _open_lossless(handle):
    """Return a SoundFile when ``handle`` holds a lossless format, else None and rewind."""
    import soundfile

    try:
        file = soundfile.SoundFile(handle)
    except soundfile.LibsndfileError:
        file = None
    if file is None or file.format not in LOSSLESS:
        handle.seek(0)
        return None
    return file


def probe(filename: str) -> dict:
    """Return what stempeg takes from ``ffprobe -show_streams``."""
    with open(filename, "rb") as handle:
        file = _open_lossless(handle)
        if file is not None:
            return {"streams": [_describe(0, file.channels, file.samplerate, file.frames, {})]}
        import av

        with av.open(handle) as container:
            return {
                "streams": [
                    _describe(
                        stream.index,
                        stream.channels,
                        stream.rate,
                        round(stream.duration * stream.time_base * stream.rate),
                        dict(stream.metadata),
                    )
                    for stream in container.streams.audio
                ]
            }


def _describe(index: int, channels: int, rate: int, samples: int, tags: dict) -> dict:
    return {
        "index": index,
        "codec_type": "audio",
        "channels": channels,
        "sample_rate": str(rate),
        "duration_ts": samples,
        "duration": f"{samples / rate:f}",
        "tags": tags,
    }


def read_stream(
    filename, sample_rate, channels, start, duration, dtype, ffmpeg_format, stem_idx
) -> np.ndarray:
    """Read one stream as ``(sample, channel)``; the signature is stempeg's ``_read_ffmpeg``."""
    if ffmpeg_format not in ("f64le", "f32le", "s16le"):
        raise NotImplementedError(f"ffmpeg_format is f64le, f32le or s16le, not {ffmpeg_format!r}.")
    first = _samples(start or 0, sample_rate)
    count = None if duration is None else _samples(duration, sample_rate)
    with open(filename, "rb") as handle:
        file = _open_lossless(handle)
        if file is not None and file.samplerate == int(sample_rate):
            waveform = _read_lossless(file, first, count, ffmpeg_format)
        else:
            handle.seek(0)
            waveform = _read_av(handle, stem_idx, int(sample_rate), first, count, ffmpeg_format)
    return waveform.astype(dtype, copy=False)


def _samples(seconds: float, rate: float) -> int:
    """The sample nearest to a time, with halves up and microseconds kept, as ffmpeg does it."""
    return int(np.floor(round(float(seconds), 6) * rate + 0.5))


def _read_lossless(file, first: int, count: int | None, ffmpeg_format: str) -> np.ndarray:
    first = min(first, file.frames)
    file.seek(first)
    waveform = file.read(-1 if count is None else count, dtype="float64", always_2d=True)
    if ffmpeg_format == "s16le" and file.subtype not in ("PCM_16", "PCM_S8", "PCM_U8"):
        # ffmpeg drops the low bits of integers, but rounds floats.
        scaled = waveform * 32768
        whole = np.rint(scaled) if file.subtype in ("FLOAT", "DOUBLE") else np.floor(scaled)
        waveform = np.clip(whole, -32768, 32767) / 32768
    return waveform.astype("float32") if ffmpeg_format == "f32le" else waveform


def _read_av(handle, index: int, rate: int, first: int, count: int | None, ffmpeg_format: str):
    import av

    with av.open(handle) as container:
        stream = container.streams[index]
        channels = stream.channels
        layout = stream.layout
        form = {"f64le": "dbl", "f32le": "flt", "s16le": "s16"}[ffmpeg_format]
        resampler = av.AudioResampler(format=form, layout=layout, rate=rate)
        # The decoder needs a few frames before the first wanted one to be exact. (Where an AAC
        # encoder left noise to the decoder, it is other noise than when all is decoded.)
        preroll = max(0.0, first / rate - 0.5)
        if preroll:
            container.seek(int(preroll / stream.time_base), stream=stream)
        blocks, begin, total = [], None, 0
        for frame in container.decode(stream):
            if begin is None:
                begin = round((frame.time or 0.0) * rate)
            for block in resampler.resample(frame):
                blocks.append(block.to_ndarray().reshape(-1, channels))
                total += len(blocks[-1])
            if count is not None and begin + total >= first + count + rate // 10:
                break
        else:
            blocks += [b.to_ndarray().reshape(-1, channels) for b in resampler.resample(None)]
    if not blocks:
        return np.zeros((0, channels))
    waveform = np.concatenate(blocks)[max(0, first - begin) :][:count]
    return waveform / 32768 if ffmpeg_format == "s16le" else waveform


def write_audio(
    path, data, sample_rate=44100.0, output_sample_rate=None, codec=None, bitrate=None
) -> None:
    """Write ``(sample, channel)`` or ``(sample,)`` as 16-bit audio; stempeg's signature."""
    import soundfile

    extension = Path(path).suffix.lower()
    resampled = output_sample_rate is not None and output_sample_rate != sample_rate
    if extension not in (".wav", ".flac") or codec is not None or bitrate or resampled:
        raise RuntimeError(NEEDS_FFMPEG.format(f"Writing {extension or path} in this way"))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    whole = np.clip(np.rint(np.asarray(data, dtype=np.float32) * 32768), -32768, 32767)
    with open(path, "wb") as handle:
        soundfile.write(handle, whole.astype(np.int16), int(sample_rate), format=extension[1:])
