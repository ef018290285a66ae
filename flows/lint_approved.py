"""What is wrong with a clinic's own approved text, found before a patient finds it.

The rules are those of the shipped content: both languages, few segments, easy words, nothing that
can't be spoken.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from flows.library import Library
from flows.lint_texts import MOST_GRADE, MOST_SEGMENTS, SPOKEN_SYMBOLS, digits
from flows.model import Event, Facts, Session
from flows.moves import go
from flows.nodes import NodeRef
from flows.readability import grade
from flows.says import Context, sms_body
from profiles import LANGUAGES, Language, Profile, Wording

_ANY_MOMENT: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def check_approved(
    library: Library,
    profile: Profile,
    wording: Wording,
    refs: Sequence[NodeRef],
    segments: Callable[[str], int],
) -> Iterator[tuple[Language, str]]:
    """Pairs of language and problem. `profile` holds the wording already; `refs` are the nodes that
    say it; `segments` counts the parts that a text is sent in."""
    for language in LANGUAGES:
        text = wording.in_language(language)
        if not text.strip():
            yield language, "has no wording"
            continue
        if "{" in text or "}" in text:
            yield language, "has a { or }; nothing is filled in here, so write the words themselves"
        symbol = SPOKEN_SYMBOLS.search(text)
        if symbol:
            yield language, f"has '{symbol[0]}', which can't be spoken in a call; use words"
        yield from (
            (language, what) for what in _length(library, profile, language, refs, segments)
        )
    level = grade(wording.en)
    if level > MOST_GRADE:
        most = f"reads at grade {level:.1f}; {MOST_GRADE:.0f} is the most"
        yield LANGUAGES[0], f"{most}: use shorter sentences and everyday words"
    if wording.es.strip() and Counter(digits(wording.en)) != Counter(digits(wording.es)):
        yield "es", "has other digits than the English wording"


def _length(
    library: Library,
    profile: Profile,
    language: Language,
    refs: Sequence[NodeRef],
    segments: Callable[[str], int],
) -> Iterator[str]:
    context = Context(library, Session(language), Event(""), Facts(profile, now=_ANY_MOMENT))
    counts = [segments(sms_body(go(context, ref, "").says)) for ref in refs]
    if counts and max(counts) > MOST_SEGMENTS:
        yield (
            f"takes {max(counts)} segments as a text, with what is said around it; "
            f"{MOST_SEGMENTS} is the most: make it shorter"
        )
