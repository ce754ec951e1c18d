"""Lyric lines: a small grammar, and how each of its words is sung."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import numpy as np

# Syllables are separated by "-"; a syllable has exactly one vowel (see `phones`).
LEXICON = {
    "I": "AY", "you": "Y UW", "we": "W IY", "they": "DH EY", "the": "DH AH", "a": "AH", "my": "M AY",
    "your": "Y AO R", "our": "AW - ER", "all": "AO L", "and": "AE N D", "but": "B AH T", "so": "S OW",
    "oh": "OW", "when": "W EH N", "if": "IH F", "now": "N AW", "still": "S T IH L", "tonight": "T AH - N AY T",
    "maybe": "M EY - B IY", "sometimes": "S AH M - T AY M Z", "tomorrow": "T AH - M AA - R OW",
    "follow": "F AA - L OW", "remember": "R IH - M EH M - B ER", "carry": "K EH - R IY", "hear": "HH IH R",
    "sing": "S IH NG", "leave": "L IY V", "call": "K AO L", "hold": "HH OW L D", "find": "F AY N D",
    "lose": "L UW Z", "keep": "K IY P", "need": "N IY D", "know": "N OW", "chase": "CH EY S",
    "open": "OW - P EH N", "wait for": "W EY T - F AO R", "run to": "R AH N - T UW", "dream of": "D R IY M - AH V",
    "over": "OW - V ER", "under": "AH N - D ER", "into": "IH N - T UW", "beyond": "B IY - Y AA N D",
    "walk": "W AO K", "fall": "F AO L", "drive": "D R AY V", "sail": "S EY L", "dance": "D AE N S",
    "sleep": "S L IY P", "wander": "W AA N - D ER", "travel": "T R AE - V AH L", "an": "AE N",
    "with": "W IH DH", "across": "AH - K R AO S", "inside": "IH N - S AY D", "before": "B IH - F AO R",
    "silver": "S IH L - V ER", "golden": "G OW L - D EH N", "quiet": "K W AY - EH T", "paper": "P EY - P ER",
    "little": "L IH - T AH L", "burning": "B ER - N IH NG", "hollow": "HH AA - L OW", "velvet": "V EH L - V EH T",
    "broken": "B R OW - K EH N", "summer": "S AH - M ER", "winter": "W IH N - T ER", "electric": "IH - L EH K - T R IH K",
    "blue": "B L UW", "old": "OW L D", "long": "L AO NG", "wild": "W AY L D", "last": "L AE S T",
    "river": "R IH - V ER", "city": "S IH - T IY", "window": "W IH N - D OW", "morning": "M AO R - N IH NG",
    "shadow": "SH AE - D OW", "radio": "R EY - D IY - OW", "ocean": "OW - SH EH N", "mountain": "M AW N - T EH N",
    "highway": "HH AY - W EY", "garden": "G AA R - D EH N", "signal": "S IH G - N AH L", "mirror": "M IH - R ER",
    "harbour": "HH AA R - B ER", "satellite": "S AE - T EH - L AY T", "melody": "M EH - L AH - D IY",
    "fire": "F AY - ER", "moon": "M UW N", "rain": "R EY N", "night": "N AY T", "sea": "S IY",
    "light": "L AY T", "wave": "W EY V", "mask": "M AE S K", "sound": "S AW N D", "stone": "S T OW N",
    "home": "HH OW M", "road": "R OW D", "sky": "S K AY", "train": "T R EY N", "noise": "N OY Z",
}  # fmt: skip

GROUPS = {
    "when": ("when", "if", "now", "still", "tonight", "maybe", "sometimes", "oh", "and", "so", "but", "tomorrow"),
    "later": ("now", "still", "tonight", "sometimes", "tomorrow"),
    "who": ("I", "you", "we", "they"),
    "do": ("follow", "remember", "carry", "hear", "sing", "leave", "call", "hold", "find", "lose", "keep", "need",
           "know", "chase", "open", "wait for", "run to", "dream of"),
    "go": ("walk", "fall", "drive", "sail", "dance", "sleep", "wander", "travel"),
    "where": ("over", "under", "into", "beyond", "with", "across", "inside", "before"),
    "the": ("the", "a", "my", "your", "our"),
    "kind": ("silver", "golden", "quiet", "paper", "little", "burning", "hollow", "velvet", "broken", "summer",
             "winter", "electric", "blue", "old", "long", "wild", "last"),
    "thing": ("river", "city", "window", "morning", "shadow", "radio", "ocean", "mountain", "highway", "garden",
              "signal", "mirror", "harbour", "satellite", "melody", "fire", "moon", "rain", "night", "sea", "light",
              "wave", "mask", "sound", "stone", "home", "road", "sky", "train", "noise"),
}  # fmt: skip
GRAMMAR = (
    "when who do the thing",
    "who do the kind thing",
    "who do the thing later",
    "where the kind thing",
    "when who do the kind thing",
    "when where the thing",
    "who go where the thing",
    "when who go where the thing",
    "the kind thing",
)


# Up to which share of all lines' hashes a line belongs to a split.
LINES = {"train": 0.55, "valid": 0.68, "test": 0.81, "clips": 0.91, "unseen": 1.0}


@dataclass(frozen=True)
class Line:
    """A line of text and its syllables, each a tuple of phones."""

    text: str
    syllables: tuple[tuple[str, ...], ...]


def pronounce(text: str) -> Line:
    """Look every word of a line up in the lexicon."""
    syllables = []
    words = text.split()
    while words:
        pair = " ".join(words[:2])
        entry = pair if pair in LEXICON else words[0]
        words = words[len(entry.split()) :]
        syllables += [tuple(part.split()) for part in LEXICON[entry].split(" - ")]
    return Line(text, tuple(syllables))


def split_of_line(text: str) -> str:
    """To which split a line belongs: its hash decides, so no line belongs to two."""
    share = hashlib.sha256(text.encode()).digest()[0] / 256
    return next(split for split, end in LINES.items() if share < end)


def write_line(split: str, syllables: int, rng: np.random.Generator) -> Line:
    """Draw lines until one belongs to the split and has so many syllables (3 to 11)."""
    if not 3 <= syllables <= 11:
        raise ValueError(
            f"expected 3 to 11 syllables, got {syllables}; the grammar has no such lines"
        )
    while True:
        slots = GRAMMAR[rng.integers(len(GRAMMAR))].split()
        text = " ".join(GROUPS[slot][rng.integers(len(GROUPS[slot]))] for slot in slots)
        text = re.sub(r"\ba (?=[aeiou])", "an ", text)
        line = pronounce(text)
        if len(line.syllables) == syllables and split_of_line(text) == split:
            return line


def write_title(rng: np.random.Generator) -> str:
    """Two words for the sleeve: ``"Velvet Harbour"``."""
    return " ".join(
        GROUPS[slot][rng.integers(len(GROUPS[slot]))].title() for slot in ("kind", "thing")
    )
