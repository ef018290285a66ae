"""What came in, prepared once for all steps of a turn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import msgspec

from flows import identity
from flows.birth_dates import masked
from flows.language import guess_language
from flows.library import CANNOT_COME, CONFIRMED, REMINDER_REPLY, START, Library
from flows.matching import pressed_keys
from flows.model import Effect, Event, Facts, Say, Session, Turn, Understood
from flows.says import Context
from flows.text import words
from flows.visits import is_open

SESSION_EXPIRY: Final = dt.timedelta(hours=24)
_SPLIT_TEXTS: Final = dt.timedelta(minutes=10)
_REMEMBERED_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Heard:
    """What came in, prepared once for all steps, and the session as it was before this turn."""

    context: Context
    before: Session
    expired: bool
    previous: str | None
    normalised: str
    words: tuple[str, ...]
    keys: tuple[str, ...]
    kept: str

    @property
    def is_bare_key(self) -> bool:
        """Whether the text is one key and nothing else, so that no words need to be looked at."""
        return len(self.keys) == 1 and len(self.words) < 2

    @property
    def answers_what_waits(self) -> bool:
        """Whether the question that waits was the last thing said."""
        before = self.before
        return before.waiting == before.said and not before.offers and not before.is_aside

    @property
    def answers_reminder(self) -> bool:
        """Whether a reminder's question was the last thing said (or that the patient's yes to it
        is noted): only then does "yes" answer it."""
        before = self.before
        is_last = self.answers_what_waits and before.waiting == REMINDER_REPLY
        is_noted = before.said == CONFIRMED and not before.offers and not before.is_aside
        return is_last or is_noted


def hear(library: Library, before: Session, event: Event, facts: Facts) -> Heard:
    """Prepare a turn: the session as it is at this moment, the text in words and keys."""
    silence = facts.now - before.spoke_at if before.spoke_at else dt.timedelta(0)
    about = tuple(subject for subject in before.about if subject.until > facts.now)
    if before.waiting == CANNOT_COME and about and silence > SESSION_EXPIRY:
        before = msgspec.structs.replace(before, waiting=REMINDER_REPLY, said=REMINDER_REPLY)
    asked = bool(about) and before.waiting == REMINDER_REPLY
    expired = silence > SESSION_EXPIRY and not asked
    if not is_open(library, library.current(before.waiting), before, facts):
        expired = True
    split = tuple(words(event.text))
    kept = _without_birth_date(library, before, event, facts)
    language = before.language
    if before.turn == 0 and before.waiting == START:
        language = guess_language(split) or language
    session = msgspec.structs.replace(
        before,
        language=language,
        waiting=START if expired else library.current_menu(before.waiting),
        said=START if expired else library.current(before.said),
        history=() if expired else tuple(map(library.current_menu, before.history)),
        about=about,
        offers=(),
        turn=before.turn + 1,
        spoke_at=facts.now,
        last_text=kept[:_REMEMBERED_TEXT],
        alarm="",
        wants_keys=1,
    )
    return Heard(
        context=Context(library, session, event, facts),
        before=before,
        expired=expired,
        previous=before.last_text if before.last_text and silence <= _SPLIT_TEXTS else None,
        normalised=" ".join(split),
        words=split,
        keys=pressed_keys(event.text),
        kept=kept,
    )


def _without_birth_date(library: Library, before: Session, event: Event, facts: Facts) -> str:
    today = facts.now.astimezone(facts.profile.zone).date()
    is_asked = identity.asked_at(library, before) is not None
    return masked(event.text, before.language, today, is_asked=is_asked)


def stays(heard: Heard, says: tuple[Say, ...], understood: Understood, *effects: Effect) -> Turn:
    """A turn that leaves the conversation where it was, and says something else meanwhile."""
    session = msgspec.structs.replace(heard.context.session, misses=0, is_aside=True)
    return Turn(session, says, effects, understood)
