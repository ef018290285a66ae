"""Will they come? What is made of an answer in the patient's own words.

A key says what it says. Words confirm a visit only where they do so plainly (flows/replies.py) and
nothing that was said before speaks against it; else the patient is asked which they mean.
"""

from __future__ import annotations

from typing import Final

from flows import coming, moves, replies
from flows.heard import Heard
from flows.library import CANNOT_COME, CHANGES, CONFIRMED, REMINDER_REPLY
from flows.model import Turn
from flows.nodes import Ask, Check, NodeRef, Urgency
from flows.replies import Reply, is_friendly, read_reply, tells_of_death
from flows.says import Context

_NO: Final = frozenset(
    {f"no {who}" for who in ("sir", "maam", "thanks", "thank you", "gracias", "senor", "senora")}
    | {"no", "nope", "nah", "no senorita"}
)
_CHOICE: Final = (CONFIRMED, CANNOT_COME)


def confirm(heard: Heard, rule: str) -> Turn:
    """The turn of words that sound like a yes to the visit."""
    context = heard.context
    if is_plain(heard):
        return moves.go(context, CONFIRMED, rule)
    if _reply(heard) is Reply.YES:  # to something else
        asked = REMINDER_REPLY if context.session.about else context.session.waiting
        return moves.go(context, asked, "yes")
    return which(context)


def which(context: Context) -> Turn:
    """Ask whether they come or not."""
    return moves.offer_nodes(context, _CHOICE, "doubt")


def is_plain(heard: Heard) -> bool:
    """Whether the words say that the patient comes, with nothing against it. Once a visit was
    called off, or to be changed, or something else was said meanwhile, that takes a key; where no
    visit is known there is nothing to confirm."""
    about = {subject.appointment for subject in coming.subjects_of(heard.context)}
    if not about:
        return True
    before, reply = heard.before, _reply(heard)
    if reply is Reply.YES:
        return heard.answers_reminder
    is_open = not (before.is_aside or before.said in CHANGES)
    return reply is Reply.COMING and is_open and about.isdisjoint(before.refused)


def is_mere_reply(heard: Heard) -> bool:
    """Whether a text answers the reminder and tells nothing else: no symptom can be in it."""
    names = [subject.first_name for subject in heard.context.session.about]
    return heard.answers_reminder and replies.is_mere_reply(heard.context.event.text, names)


def is_said_beside(heard: Heard, ref: NodeRef) -> bool:
    """Whether a text that asks for one topic says beside it that they come: "Yes. And where do I
    park?" """
    is_other = ref != CONFIRMED and ref not in CHANGES
    return is_other and bool(heard.context.session.about) and is_plain(heard)


def is_doubted_refusal(heard: Heard) -> bool:
    """Whether a text that sounds like a no to the visit speaks of coming, and not plainly so."""
    return bool(heard.context.session.about) and _reply(heard) in (Reply.UNCLEAR, Reply.COMING)


def is_doubted_reply(heard: Heard) -> bool:
    """Whether an answer to the reminder speaks of coming, and not plainly so."""
    return heard.answers_reminder and _reply(heard) is Reply.UNCLEAR


def sounds_like_yes(heard: Heard) -> bool:
    """Whether a text that asks for no topic is a yes to a reminder, or to something since."""
    return bool(heard.context.session.about) and _reply(heard) in (Reply.COMING, Reply.YES)


def refuse(heard: Heard) -> Turn | None:
    """The turn of words that plainly say no to the visit that a reminder asked about. A mere "no"
    may be to anything: it is asked back. A death is for a person to hear."""
    context = heard.context
    waits_for = context.library.nodes[context.session.waiting]
    if heard.keys or not context.session.about or isinstance(waits_for, Ask):
        return None
    is_checked = isinstance(waits_for, Check)
    reply = _reply(heard)
    if reply is Reply.NOT_COMING and context.event.sure:
        return moves.go(context, CANNOT_COME, "words")
    is_choice = heard.before.offers == _CHOICE
    if reply is Reply.CANNOT and not is_checked and (heard.answers_reminder or is_choice):
        return moves.go(context, CANNOT_COME, "words")
    unclear = heard.normalised in _NO or (
        reply in (Reply.NOTHING, Reply.UNCLEAR) and is_friendly(context.event.text)
    )
    if heard.answers_reminder and not is_checked and unclear:
        return which(context)
    if tells_of_death(context.event.text) and context.event.sure:
        return moves.hand_off(context, "death", Urgency.URGENT)
    return None


def _reply(heard: Heard) -> Reply:
    zone = heard.context.facts.profile.zone
    about = coming.subjects_of(heard.context)
    starts = [subject.until.astimezone(zone) for subject in about]
    names = [subject.first_name for subject in about]
    return read_reply(heard.context.event.text, starts, names)
