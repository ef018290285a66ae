"""The two ways a turn ends: something was said, or the conversation waits somewhere new."""

from __future__ import annotations

from typing import Final

import msgspec

from flows.library import START
from flows.model import Effect, Kind, Say, Session, Turn, Understood
from flows.nodes import Ask, Check, NodeRef
from flows.says import Context, menu_say

_MOST_HISTORY: Final = 5


def turn_of(
    context: Context,
    understood: Understood,
    said: NodeRef,
    says: tuple[Say, ...],
    *effects: Effect,
) -> Turn:
    """A turn that was understood and leaves the waiting menu as it is."""
    session = msgspec.structs.replace(
        context.session, said=said, misses=0, offers=(), is_aside=False
    )
    return Turn(session, says, effects, understood)


def wait_at(context: Context, ref: NodeRef, rule: str) -> Turn:
    """A turn that says a menu, or asks something, and waits there."""
    node = context.library.nodes[ref]
    if isinstance(node, Ask):
        understood = Understood(Kind.ANSWER, (node.topic,), rule)
    elif isinstance(node, Check):
        understood = Understood(Kind.CHOICES, ("prep.overview",), rule)
    else:
        topics = [context.library.topics.get(o.next) for o in getattr(node, "options", ())]
        understood = Understood(Kind.CHOICES, tuple(filter(None, topics)), rule)
    return Turn(waiting_at(context.session, ref), (menu_say(context, ref),), (), understood)


def waiting_at(session: Session, ref: NodeRef) -> Session:
    """The session once it waits at a menu; the one before is a step back."""
    history = session.history
    if ref == START:
        history = ()
    elif session.waiting != ref:
        history = (*history, session.waiting)[-_MOST_HISTORY:]
    return msgspec.structs.replace(
        session, waiting=ref, said=ref, history=history, misses=0, offers=(), is_aside=False
    )
