"""Listening to a voice message: fetched from the carrier, which keeps it, for whoever is signed in.

Its address is that of a task and a place, so neither the carrier's address nor anything personal
ever stands in a browser's history.
"""

from __future__ import annotations

from typing import Final

import structlog
from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from admin import access, audit
from admin.failures import Failure, failure_page
from admin.site import site
from admin.words import gettext as _
from admin.words import ngettext
from carrier.client import CarrierError
from carrier.recordings import RecordingGoneError
from db import call_history
from db.audit import Action
from db.call_history import VoiceMessage
from db.models import Task

pages = Blueprint("voice_message", __name__)
_log = structlog.get_logger()
_GONE: Final = Failure(
    _("This voice message is gone"),
    _("The phone service does not have it any more; somebody has deleted it there."),
    _("That it was left, and when, is still known here."),
    _("Phone the patient and ask what it was about."),
)
_NO_ANSWER: Final = Failure(
    _("The voice message can't be fetched just now"),
    _("The phone service, which keeps it, gave no answer that can be used."),
    _("The message itself is not lost by that."),
    _("Try again in a minute. If it stays like this, phone the patient and tell your manager."),
)


def address_of(message: VoiceMessage) -> str:
    """Where a voice message can be listened to; nothing for one without a task."""
    if message.task_id is None:
        return ""
    return url_for("admin.voice_message.listen", task_id=message.task_id, recording=message.place)


def length_of(message: VoiceMessage) -> str:
    """`12 seconds`."""
    return ngettext("%(n)s second", "%(n)s seconds", message.seconds) % {"n": message.seconds}


@pages.get("/attention/<int:task_id>/voice-messages/<int:recording>")
@access.for_staff
def listen(task_id: int, recording: int) -> Response:
    """The sound, or as much of it as a player asks for. The audit tells who began to listen."""
    with site().database.reading() as db:
        task, message = _found(db, task_id, recording)
    if not _goes_on():
        entity = audit.Entity("task", str(task_id))
        audit.note(Action.VOICE_MESSAGE_PLAYED, entity, clinic_id=task.clinic_id)
    try:
        sound = site().recordings.fetch(message.sid)
    except RecordingGoneError:
        return failure_page(_GONE, 404)
    except CarrierError as error:
        _log.warning("recording_not_fetched", task=task_id, why=str(error))
        return failure_page(_NO_ANSWER, 502)
    answer = Response(sound.content, mimetype=sound.media_type)
    answer.headers["Content-Disposition"] = "inline"
    answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(sound.content))
    return answer


def _found(db: Session, task_id: int, recording: int) -> tuple[Task, VoiceMessage]:
    task = db.get(Task, task_id)
    messages = call_history.voice_messages_of(db, task) if task is not None else ()
    if task is None or not 1 <= recording <= len(messages):
        abort(404)
    return task, messages[recording - 1]


def _goes_on() -> bool:
    """Whether a player asks for a later part of what it plays already."""
    wanted = request.range.ranges if request.range is not None else ()
    return bool(wanted) and (wanted[0][0] or 0) > 0
