"""What the engine says, as a patient gets it: a text with its cost, or the words of a call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from carrier.segments import Segments, count, fit
from flows.clinic_words import filled
from flows.library import Library
from flows.model import Channel, Say
from flows.says import sms_body
from profiles import Language, Profile


@dataclass(frozen=True, slots=True)
class Texted:
    """One text as it goes out, and what it costs."""

    body: str = field(repr=False)
    segments: Segments


def texted(says: Sequence[Say], profile: Profile) -> Texted:
    """What is said, as the body of one text."""
    body = fit(sms_body(says), keep_accents=profile.keep_accents)
    return Texted(body, count(body))


def spoken(library: Library, says: Sequence[Say], profile: Profile, language: Language) -> str:
    """What is said, as a caller hears it."""
    return " ".join(_words(library, says, profile, language))


def _words(
    library: Library, says: Sequence[Say], profile: Profile, language: Language
) -> Iterator[str]:
    for say in says:
        if say.text:
            yield say.text
        for choice in sorted(say.choices, key=lambda each: each.language is None):
            words = {"choice": choice.label, "key": choice.key}
            texts = library.messages["choice"]
            yield filled(texts, Channel.VOICE, choice.language or language, profile, words)
        if say.hint:
            yield say.hint
