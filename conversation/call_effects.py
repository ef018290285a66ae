"""Doing what a turn of a call decided, and keeping its recordings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from conversation.effects import Doing, apply, new_task
from conversation.facts import facts_of
from db.calls import NewRecording, OpenCall, store_recording
from db.tasks import open_voicemail_task, remove_task
from flows.call_state import CallState
from flows.known import Standing
from flows.model import Effect, Facts, OpenTask, TaskKind
from profiles import Profile


@dataclass(frozen=True, slots=True)
class Taking:
    """A turn that is being taken: its transaction, the locked call, and the moment (UTC)."""

    connection: Connection
    profile: Profile
    opened: OpenCall
    line: str
    now: dt.datetime

    def facts(self) -> Facts:
        """What the engine may know."""
        contact = self.opened.contact
        we_called = self.opened.direction == "out"
        if contact is None:
            nobody = Standing(is_withheld=True)
            return Facts(
                self.profile, self.now, withheld=True, we_called=we_called, standing=nobody
            )
        known = facts_of(self.connection, self.profile, contact, self.now)
        return replace(known, we_called=we_called, paused=False)  # staff pause texts only


def keep_recording(taking: Taking, state: CallState, recording: NewRecording) -> None:
    """Store a recording that is new and not empty, and its task."""
    sid = taking.opened.sid
    if recording.seconds > 0 and store_recording(taking.connection, sid, recording, taking.now):
        open_voicemail(taking, state, is_recorded=True)


def open_voicemail(taking: Taking, state: CallState, *, is_recorded: bool) -> None:
    """Open the one task about the voice message of a call."""
    with Session(taking.connection, expire_on_commit=False) as session:
        doing = _doing(taking, session, "", state.wanted.missed if state.wanted else None)
        topic = state.wanted.topic if state.wanted else None
        task = OpenTask(TaskKind.VOICEMAIL, topic=topic)
        open_voicemail_task(session, new_task(doing, task), taking.now, is_recorded=is_recorded)
        session.flush()


def apply_all(taking: Taking, state: CallState, effects: tuple[Effect, ...], said: str) -> None:
    """Do the effects of a turn; `state` is the call as it was before."""
    wanted = state.wanted
    words = said if any(letter.isalpha() for letter in said) else ""
    with Session(taking.connection, expire_on_commit=False) as session:
        for effect in effects:
            if isinstance(effect, OpenTask) and effect.kind is TaskKind.VOICEMAIL:
                open_voicemail(taking, state, is_recorded=False)
                continue
            reason = wanted.missed if wanted and effect == wanted.task() else None
            apply(_doing(taking, session, words, reason), effect)
        session.flush()


def take_back(taking: Taking, effects: tuple[Effect, ...], done_at: dt.datetime) -> None:
    """Take back the tasks of effects that were done at a moment, and in vain."""
    with Session(taking.connection, expire_on_commit=False) as session:
        for effect in effects:
            if isinstance(effect, OpenTask):
                remove_task(session, new_task(_doing(taking, session, "", None), effect), done_at)


def _doing(taking: Taking, session: Session, words: str, reason: str | None) -> Doing:
    opened = taking.opened
    return Doing(session, opened.clinic_id, opened.contact, words, taking.now, opened.sid, reason)
