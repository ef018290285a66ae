"""What staff do with a task: take it, hand it on, write a note, acknowledge, finish, open again.

Each form carries the state of the task as its page showed it. Whoever comes second is told who was
first or what is new, and nothing of theirs is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import access, audit, sessions
from admin.forms import row_key
from admin.site import now, site
from admin.task_cards import stamp_of
from admin.unsent import note_box
from admin.words import gettext as _
from db import task_work, unsent_texts
from db.audit import Action
from db.contacts import lock_known_contact
from db.models import Task
from db.staff_models import Staff
from db.task_work import Step

pages = Blueprint("task_steps", __name__)
LONGEST_NOTE: Final = 2000
_ACTIONS: Final = {
    Step.NOTE: Action.TASK_NOTED,
    Step.TAKEN: Action.TASK_TAKEN,
    Step.HANDED_ON: Action.TASK_HANDED_ON,
    Step.ACKNOWLEDGED: Action.TASK_ACKNOWLEDGED,
    Step.DONE: Action.TASK_DONE,
    Step.REOPENED: Action.TASK_REOPENED,
    Step.RELEASED: Action.HOLD_RELEASED,
}


_Deed: TypeAlias = Callable[[Session, Task], str]
"""What is done with a locked task; it says what came of it."""


class _TooLateError(Exception):
    """Somebody or something was quicker; the sentence says who or what. Nothing was stored."""


def _step_at(name: str) -> Callable[[_Deed], _Deed]:
    """Make a deed on the locked task a route: a form for it is sent to its name below the task."""

    def register(deed: _Deed) -> _Deed:
        @pages.post(f"/attention/<int:task_id>/{name}", endpoint=deed.__name__)
        @access.for_staff
        def view(task_id: int) -> Response:
            return _step(task_id, deed)

        return deed

    return register


@_step_at("take")
def take(db: Session, task: Task) -> str:
    """Make the task one's own."""
    _not_done(db, task)
    if task.assignee_id == _me():
        return _("It is yours already.")
    _same_assignee(db, task)
    task_work.assign(task, _me())
    _write(db, task, Step.TAKEN)
    return _("It is yours now.")


@_step_at("hand-on")
def hand_on(db: Session, task: Task) -> str:
    """Make the task a colleague's."""
    key = row_key(request.form.get("to"))
    colleague = db.get(Staff, key) if key else None
    if colleague is None or not colleague.active:
        raise _TooLateError(_("Choose a colleague to hand it on to. Nothing was changed."))
    _not_done(db, task)
    _same_assignee(db, task)
    task_work.assign(task, colleague.id)
    _write(db, task, Step.HANDED_ON, colleague.name)
    return _("It is handed on to %(name)s.") % {"name": colleague.name}


@_step_at("note")
def note(db: Session, task: Task) -> str:
    """Write something down about the task; it can't be changed later."""
    text = request.form.get("note", "").replace("\0", "").strip()[:LONGEST_NOTE]
    if not text:
        raise _TooLateError(_("Write something before you store the note."))
    _write(db, task, Step.NOTE, text)
    unsent_texts.forget(db, note_box(task.id))
    return _("The note is stored.")


@_step_at("acknowledge")
def acknowledge(db: Session, task: Task) -> str:
    """Say that one has seen the emergency and looks after it; one takes it by that."""
    _not_done(db, task)
    if task.acknowledged_at is not None:
        name = _name(db, task.acknowledged_by)
        raise _TooLateError(_("%(name)s has acknowledged this already.") % {"name": name})
    _nothing_new(task)
    task_work.acknowledge(task, _me(), now())
    task_work.assign(task, _me())
    _write(db, task, Step.ACKNOWLEDGED)
    return _("You have acknowledged the emergency, and it is yours now.")


@_step_at("done")
def done(db: Session, task: Task) -> str:
    """Close the task."""
    _not_done(db, task)
    if task.urgency == "emergency" and task.acknowledged_at is None:
        raise _TooLateError(_("Acknowledge the emergency first. The task is still open."))
    _nothing_new(task)
    _same_assignee(db, task)
    task_work.finish(task, _me(), now())
    _write(db, task, Step.DONE)
    return _("The task is done.")


@_step_at("reopen")
def reopen(db: Session, task: Task) -> str:
    """Open a task again that was closed too early."""
    if task.done_at is None:
        raise _TooLateError(_("The task is open already."))
    task_work.reopen(task)
    _write(db, task, Step.REOPENED)
    return _("The task is open again.")


@pages.post("/attention/<int:task_id>/release")
@access.for_staff
def release(task_id: int) -> Response:
    """Let the automated messages go out again that a warning sign holds back."""
    with site().database.reading() as db:
        view = task_work.task_view(db, task_id)
    if view is None or view.contact is None:
        abort(404)
    contact_id = view.contact.id

    def step(db: Session, task: Task) -> str:
        contact = lock_known_contact(db, contact_id)
        if contact is None or contact.held_until is None or contact.held_until <= now():
            raise _TooLateError(_("The messages are not held back any more."))
        task_work.release_hold(db, contact, now())
        _write(db, task, Step.RELEASED)
        return _("The messages are released; what is due goes out now.")

    return _step(task_id, step, contact_id)


def _step(task_id: int, step: _Deed, contact_id: int | None = None) -> Response:
    """Do one step on the locked task (and its contact, which is locked first), and say what came
    of it."""
    try:
        with site().database.transaction() as db:
            if contact_id is not None:
                lock_known_contact(db, contact_id)
            task = task_work.locked_task(db, task_id)
            if task is None:
                abort(404)
            words, kind = step(db, task), "good"
    except _TooLateError as late:
        words, kind = str(late), "warning"
    flash(words, kind)
    return redirect(url_for("admin.attention.show", task_id=task_id), 303)


def _write(db: Session, task: Task, step: Step, body: str = "") -> None:
    """Keep the step in the task's story and in the audit."""
    task_work.note_step(db, task, step, _me(), now(), body)
    entity = audit.Entity("task", str(task.id))
    audit.record(db, _ACTIONS[step], entity, clinic_id=task.clinic_id)


def _not_done(db: Session, task: Task) -> None:
    if task.done_at is not None:
        name = _name(db, task.done_by)
        raise _TooLateError(
            _("%(name)s has closed this task already. Nothing was changed.") % {"name": name}
        )


def _same_assignee(db: Session, task: Task) -> None:
    shown = _shown()[1]
    if shown == str(task.assignee_id or 0):
        return
    name = _name(db, task.assignee_id)
    raise _TooLateError(
        _("%(name)s has this task now. Nothing was changed; talk to them, or take it over.")
        % {"name": name}
    )


def _nothing_new(task: Task) -> None:
    if _shown()[0] != stamp_of(task).partition("-")[0]:
        raise _TooLateError(
            _("There is something new about this task. Nothing was changed; read it first.")
        )


def _shown() -> tuple[str, str]:
    """The newest word about the task that the page showed, and whose task it was."""
    moment, _dash, rest = request.form.get("stamp", "").partition("-")
    return moment, rest.partition("-")[0]


def _name(db: Session, staff_id: int | None) -> str:
    person = db.get(Staff, staff_id) if staff_id is not None else None
    return person.name if person is not None else _("Nobody")


def _me() -> int:
    return sessions.member().id
