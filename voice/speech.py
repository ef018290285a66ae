"""Words as SSML: slow, sentence by sentence, phone numbers and emergency numbers digit by digit.

Twilio hands the SSML to Amazon Polly; only what its neural voices take is used here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from profiles import Language

_RATE: Final = "90%"
_PAUSE: Final = '<break time="400ms"/>'
_SHORT_PAUSE: Final = '<break time="250ms"/>'
_REMEMBERED: Final = 2048  # texts; the content's own come again and again
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-ZÁÉÍÓÚÑ¿¡0-9])")
_ABBREVIATION: Final = re.compile(r"(?:\b(?:Dr|Dra|Mr|Mrs|Ms|Sr|Sra|St|Ste|No|Inc)|\b[A-Z])\.\Z")
_PHONE: Final = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\b\d{3}[ .-])\d{3}[ .-]\d{4}\b")
_EMERGENCY_NUMBER: Final = re.compile(r"\b(9 ?1 ?1|9 ?8 ?8)\b")


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks a language, and the name by which speech in it is recognised."""

    name: str
    locale: str


VOICES: Final[dict[Language, Voice]] = {
    "en": Voice("Polly.Joanna-Neural", "en-US"),
    "es": Voice("Polly.Lupe-Neural", "es-US"),
}


def voice_of(language: Language) -> Voice:
    """The voice for a language; English for one that is not served."""
    return VOICES.get(language, VOICES["en"])


def sentences(text: str) -> list[str]:
    """A text cut at the ends of its sentences; not after "Dr." or an initial."""
    found: list[str] = []
    for part in _SENTENCE.split(" ".join(text.split())):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        elif part:
            found.append(part)
    return found


@lru_cache(_REMEMBERED)
def ssml(text: str) -> str:
    """The sentences of a text, each in its `<s>`, with a pause after each."""
    return _PAUSE.join(f"<s>{_with_numbers(sentence)}</s>" for sentence in sentences(text))


def option_ssml(text: str) -> str:
    """One option of a menu, with the shorter pause that a list wants."""
    return f"<s>{_with_numbers(text)}</s>{_SHORT_PAUSE}"


@lru_cache(_REMEMBERED)
def say(inside: str, language: Language) -> str:
    """A `<Say>` around SSML, in the voice of a language."""
    voice = voice_of(language)
    return (
        f'<Say voice="{voice.name}" language="{voice.locale}">'
        f'<prosody rate="{_RATE}">{inside}</prosody></Say>'
    )


def _with_numbers(sentence: str) -> str:
    """The sentence as XML, with its phone numbers marked as such."""
    parts: list[str] = []
    end = 0
    for found in _PHONE.finditer(sentence):
        parts.append(_with_emergency_numbers(sentence[end : found.start()]))
        parts.append(f'<say-as interpret-as="telephone">{escape(found[0])}</say-as>')
        end = found.end()
    return "".join((*parts, _with_emergency_numbers(sentence[end:])))


def _with_emergency_numbers(words: str) -> str:
    """911 and 988 are read digit by digit, however they are written."""
    return _EMERGENCY_NUMBER.sub(lambda found: " ".join(found[0].replace(" ", "")), escape(words))
