"""What a Say may hold: its voice, its language, and the SSML that Polly's neural voices take.

Voices, languages and elements are those of Twilio's text-to-speech pages and of Amazon Polly's list
of tags for neural voices; `emphasis`, pitch and whispering are not among them.
"""

import re
from collections.abc import Mapping

from emulator.voice_verbs import Content, Tag
from emulator.voice_xml import Attributes, Element

LONGEST_SAY = 3000
"""Characters of text in one Say."""

_POLLY = {
    "en-US": "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli"
    " Stephen",
    "es-US": "Lupe Pedro",
    "es-MX": "Andres Mia",
}
VOICES: Mapping[str, frozenset[str]] = {
    **{
        f"Polly.{name}-Neural": frozenset({language})
        for language, names in _POLLY.items()
        for name in names.split()
    },
    **{f"Google.es-US-Neural2-{letter}": frozenset({"es-US"}) for letter in "ABC"},
    **{f"Google.en-US-Neural2-{letter}": frozenset({"en-US"}) for letter in "ACDEFGHIJ"},
    **{name: frozenset({"en", "en-gb", "es", "fr", "de"}) for name in ("man", "woman")},
}
"""Voices, each with the languages that it speaks."""

LANGUAGES = frozenset({"en-US", "en-GB", "en-AU", "en-CA", "es-ES", "es-MX", "es-US", "fr-FR"})
"""Languages for a Say that names no voice, and for recognising speech."""

_PERCENT = r"(?:[2-9]\d|1\d\d|200)%"
_RATES = rf"x-slow|slow|medium|fast|x-fast|{_PERCENT}"
_VOLUMES = r"default|silent|x-soft|soft|medium|loud|x-loud|[+-]\d{1,2}(?:\.\d+)?dB"
_STRENGTHS = r"none|x-weak|weak|medium|strong|x-strong"
_DATES = r"mdy|dmy|ymd|md|dm|ym|my|d|m|y|yyyymmdd"
_KINDS = frozenset(
    "address cardinal characters date digits fraction number ordinal spell-out telephone time"
    " unit".split()
)
_ROLES = r"amazon:VBD?|amazon:DT|amazon:IN|amazon:JJ|amazon:NN|amazon:DEFAULT|amazon:SENSE_1"
_GOOGLE_TAGS = frozenset({"break", "prosody", "say-as", "p", "s", "sub"})


def check_voice(say: Element, voice: str, language: str) -> None:
    """Refuse a voice or language that does not exist, or two that do not go together."""
    if voice and voice not in VOICES:
        say.refuse(f"has a voice that Twilio does not have, or no longer: {voice}.")
    if voice and language and language not in VOICES[voice]:
        say.refuse(f"has voice {voice}, which does not speak {language}.")
    if language and not voice and language not in LANGUAGES:
        say.refuse(f"has a language that is not known: {language}.")


def language_of(voice: str) -> str:
    """The language of a voice that has just one; empty for others."""
    languages = VOICES.get(voice, frozenset())
    return next(iter(languages)) if len(languages) == 1 else ""


def read_content(say: Element, voice: str) -> Content:
    """The words and SSML of a Say. Raises BadTwiML."""
    content = tuple(_read(part, voice, ()) for part in say.content)
    words = plain_text(content)
    if not words.strip():
        say.refuse("has nothing to say.")
    if len(words) > LONGEST_SAY:
        say.refuse(f"has {len(words)} characters; {LONGEST_SAY} are the most.")
    return content


def plain_text(content: Content) -> str:
    """The characters between the tags."""
    return "".join(part if isinstance(part, str) else plain_text(part.content) for part in content)


def _read(part: str | Element, voice: str, outside: tuple[str, ...]) -> str | Tag:
    if isinstance(part, str):
        return part
    check = _CHECKS.get(part.name)
    if check is None:
        part.refuse("is not SSML that a neural voice takes.")
    if voice and not voice.endswith("-Neural") and part.name not in _GOOGLE_TAGS:
        part.refuse(f"is not SSML that voice {voice} takes.")
    if voice in ("man", "woman"):
        part.refuse(f"is SSML, which voice {voice} does not take.")
    attributes = Attributes(part)
    check(part, attributes)
    attributes.done()
    if part.name in ("p", "s") and (part.name in outside or "s" in outside):
        part.refuse(f"stands inside <{outside[-1]}>.")
    inside = (*outside, part.name)
    content = tuple(_read(inner, voice, inside) for inner in part.content)
    if part.name != "break" and not plain_text(content).strip():
        part.refuse("has nothing inside.")
    return Tag(part.name, tuple(sorted(part.attributes.items())), content)


def _check_break(element: Element, attributes: Attributes) -> None:
    attributes.matching("strength", _STRENGTHS, "one of " + _STRENGTHS.replace("|", ", "))
    time = attributes.matching("time", r"\d{1,5}ms|\d{1,2}(?:\.\d{1,3})?s", "like 400ms or 1.5s")
    if seconds_of(time or "0s") > 10:
        element.refuse("is longer than 10 seconds.")
    if element.content:
        element.refuse("must be empty.")


def seconds_of(time: str) -> float:
    """A length such as 400ms or 1.5s in seconds."""
    return float(time[:-2]) / 1000 if time.endswith("ms") else float(time[:-1])


def _check_prosody(element: Element, attributes: Attributes) -> None:
    if attributes.has("pitch"):
        element.refuse("has a pitch, which neural voices do not take.")
    attributes.matching("rate", _RATES, "a word like slow, or a percentage from 20% to 200%")
    attributes.matching("volume", _VOLUMES, "a word like loud, or decibels like +6dB")
    if not element.attributes:
        element.refuse("needs a rate or a volume.")


def _check_say_as(element: Element, attributes: Attributes) -> None:
    kind = attributes.text("interpret-as")
    if kind not in _KINDS:
        element.refuse(f"needs an interpret-as that is one of {', '.join(sorted(_KINDS))}.")
    if kind == "date":
        attributes.matching("format", _DATES, "one of " + _DATES.replace("|", ", "))


def _check_sub(element: Element, attributes: Attributes) -> None:
    if not attributes.text("alias").strip():
        element.refuse("needs an alias.")


def _check_lang(element: Element, attributes: Attributes) -> None:
    if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", attributes.text("xml:lang")):
        element.refuse("needs an xml:lang like es-US.")


def _check_phoneme(element: Element, attributes: Attributes) -> None:
    if attributes.text("alphabet") not in ("ipa", "x-sampa") or not attributes.text("ph"):
        element.refuse("needs an alphabet (ipa or x-sampa) and a ph.")


def _check_w(element: Element, attributes: Attributes) -> None:
    if not re.fullmatch(_ROLES, attributes.text("role")):
        element.refuse("needs a role like amazon:VB.")


def _check_plain(_element: Element, _attributes: Attributes) -> None:
    """Paragraphs and sentences have no attributes, which `done` sees to."""


_CHECKS = {
    "break": _check_break,
    "prosody": _check_prosody,
    "say-as": _check_say_as,
    "sub": _check_sub,
    "lang": _check_lang,
    "phoneme": _check_phoneme,
    "w": _check_w,
    "p": _check_plain,
    "s": _check_plain,
}
