"""How each sound of speech is made: where the formants lie, and how much voice, breath and hiss.

Formant frequencies are those of an average man (Peterson and Barney, 1952); a
singer's vocal tract scales them all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """A stretch of sound within a phone.

    Parameters
    ----------
    seconds : float
        How long it lasts; a vowel takes what the note leaves it.
    formants : tuple of float, optional
        F1 to F3 in Hz; without them the tract moves on from neighbour to neighbour.
    voice, breath, hiss : float
        Amplitudes of the voiced source, of breath through the same tract, and
        of noise made at the lips or teeth.
    centre, width : float
        Where that noise lies, in Hz, and how wide it is, in octaves.
    """

    seconds: float
    formants: tuple[float, float, float] | None = None
    voice: float = 0.0
    breath: float = 0.0
    hiss: float = 0.0
    centre: float = 4000.0
    width: float = 0.6


VOWELS = {
    "IY": ((280, 2250, 3000),),
    "IH": ((390, 1990, 2550),),
    "EH": ((530, 1840, 2480),),
    "AE": ((680, 1700, 2410),),
    "AH": ((640, 1200, 2400),),
    "AA": ((750, 1120, 2450),),
    "AO": ((570, 850, 2420),),
    "UW": ((310, 880, 2250),),
    "ER": ((480, 1350, 1700),),
    "EY": ((500, 1900, 2500), (330, 2150, 2800)),
    "AY": ((740, 1250, 2450), (350, 2050, 2650)),
    "OW": ((540, 950, 2400), (350, 850, 2300)),
    "AW": ((740, 1250, 2450), (380, 900, 2300)),
    "OY": ((550, 870, 2420), (350, 2000, 2600)),
}


def _stop(centre: float, width: float, *, voiced: bool) -> tuple[Segment, ...]:
    """Closure, burst, and for the voiceless ones a puff of breath."""
    if voiced:
        return (
            Segment(0.04, voice=0.12),
            Segment(0.012, voice=0.3, hiss=0.35, centre=centre, width=width),
        )
    burst = Segment(0.016, hiss=0.8, centre=centre, width=width)
    return (Segment(0.05), burst, Segment(0.03, breath=0.6))


CONSONANTS = {
    "M": (Segment(0.07, (260, 1050, 2200), voice=0.42),),
    "N": (Segment(0.06, (260, 1500, 2500), voice=0.42),),
    "NG": (Segment(0.07, (270, 2000, 2500), voice=0.38),),
    "L": (Segment(0.06, (360, 1150, 2700), voice=0.6),),
    "R": (Segment(0.06, (370, 1150, 1550), voice=0.65),),
    "W": (Segment(0.06, (310, 680, 2200), voice=0.65),),
    "Y": (Segment(0.06, (280, 2250, 3000), voice=0.7),),
    "S": (Segment(0.10, hiss=0.75, centre=7200, width=0.45),),
    "Z": (Segment(0.07, voice=0.25, hiss=0.5, centre=6800, width=0.45),),
    "SH": (Segment(0.10, hiss=0.75, centre=3600, width=0.6),),
    "CH": (Segment(0.04), Segment(0.07, hiss=0.9, centre=3900, width=0.6)),
    "F": (Segment(0.08, hiss=0.3, centre=5500, width=1.3),),
    "V": (Segment(0.06, (300, 1200, 2300), voice=0.4, hiss=0.12, centre=5000, width=1.3),),
    "TH": (Segment(0.08, hiss=0.28, centre=6000, width=1.0),),
    "DH": (Segment(0.05, (330, 1400, 2500), voice=0.45, hiss=0.08, centre=6000, width=1.0),),
    "HH": (Segment(0.06, breath=0.9),),
    "P": _stop(900, 1.2, voiced=False),
    "T": _stop(5200, 0.9, voiced=False),
    "K": _stop(2300, 0.8, voiced=False),
    "B": _stop(800, 1.2, voiced=True),
    "D": _stop(4500, 0.9, voiced=True),
    "G": _stop(2100, 0.8, voiced=True),
}


def parts(
    syllable: tuple[str, ...],
) -> tuple[tuple[Segment, ...], tuple[tuple[float, float, float], ...], tuple[Segment, ...]]:
    """Split a syllable in the segments before its vowel, the vowel's targets, and the segments after."""
    place = next(index for index, phone in enumerate(syllable) if phone in VOWELS)
    before = tuple(segment for phone in syllable[:place] for segment in CONSONANTS[phone])
    after = tuple(segment for phone in syllable[place + 1 :] for segment in CONSONANTS[phone])
    return before, VOWELS[syllable[place]], after
