"""What the simulator says about a turn: what was understood and why, and what would be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from admin.task_words import FLAG_WORDS, kind_words
from admin.visit_words import LANGUAGE_WORDS
from admin.words import gettext as _
from flows.known import IdentityLocked, IdentityMiss, PrepAnswer, Verified
from flows.model import (
    CannotCome,
    Confirm,
    Effect,
    HandOff,
    HoldMessages,
    Kind,
    NoMoreCalls,
    NoMoreTexts,
    OpenTask,
    OptIn,
    OptOut,
    SwitchLanguage,
)
from flows.nodes import Urgency
from flows.triage import FlagClass

KIND_WORDS: Final = {
    Kind.ANSWER: _("An answer"),
    Kind.CHOICES: _("A menu or a choice"),
    Kind.EMERGENCY: _("A warning sign: emergency"),
    Kind.SAME_DAY: _("A warning sign: needs a call today"),
    Kind.OPT_OUT: _("No more messages"),
    Kind.COMMAND: _("A word or key that works everywhere"),
    Kind.UNKNOWN: _("Not understood"),
}
_MOST_WORDS: Final = 4
_RULES: Final = {
    "command": _("a word or key that works everywhere"),
    "keyword": _("a word that switches messages off or on"),
    "menu": _("a key or the words of an option"),
    "words": _("the words of the question"),
    "not_understood": _("nothing fits"),
    "expired": _("a key long after its menu"),
    "own_words": _("a wish in own words"),
    "reason": _("the reason that was asked for"),
    "identity:match": _("the date of birth on file"),
    "identity:miss": _("not the date of birth on file"),
    "identity:locked": _("too many wrong dates of birth"),
    "opted_out": _("messages are switched off"),
}
_URGENCIES: Final = {
    Urgency.NORMAL: _("normal"),
    Urgency.URGENT: _("urgent"),
    Urgency.EMERGENCY: _("emergency"),
}


_EFFECTS: Final[dict[type[Effect], str]] = {
    Confirm: _("The visit is marked as confirmed."),
    CannotCome: _("The visit is marked: cannot come."),
    OptOut: _("Automated messages are switched off."),
    OptIn: _("Automated messages are switched on again."),
    NoMoreCalls: _("Automated calls are switched off."),
    NoMoreTexts: _("Consent to automated texts is withdrawn."),
    Verified: _("The number may be told details for 30 days."),
    IdentityMiss: _("A wrong date of birth is counted."),
    IdentityLocked: _("No more dates of birth are taken for a day."),
    HandOff: _("The caller is connected to a person."),
}


def why_words(rule: str, evidence: Sequence[str], effects: Sequence[Effect]) -> str:
    """By which rule a turn was taken, and which words spoke most for it; a rule without a name of
    its own is told as the engine calls it."""
    for effect in effects:
        if isinstance(effect, OpenTask) and effect.topic in set(FlagClass):
            return f"{FLAG_WORDS[FlagClass(effect.topic)]} ({rule})"
    prefix = rule.partition(":")[0]
    said = [word for word in evidence if word.replace(" ", "").isalnum()][:_MOST_WORDS]
    words = ", ".join(f"“{word}”" for word in said)
    return ": ".join(filter(None, (_RULES.get(rule) or _RULES.get(prefix, rule), words)))


def effect_words(effect: Effect) -> str:
    """What would have been done; nothing for what only the call itself does."""
    match effect:
        case OpenTask(kind, urgency):
            words = _("A task is opened: %(kind)s (%(urgency)s)")
            return words % {"kind": kind_words(kind.value), "urgency": _URGENCIES[urgency]}
        case SwitchLanguage(language):
            words = _("Messages are in %(language)s from now on.")
            return words % {"language": LANGUAGE_WORDS[language]}
        case HoldMessages(minutes):
            return _("Automated messages wait for %(minutes)s minutes.") % {"minutes": minutes}
        case PrepAnswer(_appointment, item, answer):
            words = _("Stored in the check-list: %(item)s, %(answer)s")
            return words % {"item": item.replace("_", " "), "answer": answer.replace("_", " ")}
        case _:
            return _EFFECTS.get(type(effect), "")
