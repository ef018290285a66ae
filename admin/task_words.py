"""Tasks in a coordinator's words: what is the matter, what to do, how long it has waited."""

from __future__ import annotations

import datetime as dt
from typing import Final

from admin.topic_words import topic_words
from admin.words import gettext as _
from admin.words import ngettext
from db.models import Task
from db.task_work import Show, Step
from flows.call_state import Missed
from flows.model import TaskKind
from flows.triage import FlagClass
from scheduler.policy import Reason

KIND_WORDS: Final = {
    TaskKind.EMERGENCY: (
        _("Emergency words"),
        _("The patient was told to call 911. Phone them now and make sure that they have help."),
    ),
    TaskKind.SAME_DAY: (
        _("A symptom that needs a call today"),
        _("The patient was told to call the clinic today. If they have not, phone them."),
    ),
    TaskKind.CANNOT_COME: (
        _("Cannot come"),
        _("Phone the patient and find another date, or cancel the appointment."),
    ),
    TaskKind.CALL_ME: (_("Wants to talk to a person"), _("Phone the patient.")),
    TaskKind.CHANGE_WANTED: (
        _("Wants to change the appointment"),
        _("Phone the patient and move the appointment, or cancel it."),
    ),
    TaskKind.DETAILS_WANTED: (
        _("Asks about their appointment"),
        _("Phone the patient with the details, or answer by text."),
    ),
    TaskKind.ALREADY_ATE: (
        _("Has already eaten"),
        _("Ask the care team whether the procedure can go ahead, then tell the patient."),
    ),
    TaskKind.THINNER_NOT_STOPPED: (
        _("Blood thinner not stopped"),
        _("Ask the care team whether the procedure can go ahead, then tell the patient."),
    ),
    TaskKind.ILL: (
        _("Feels ill"),
        _("Ask the care team whether the procedure can go ahead, then tell the patient."),
    ),
    TaskKind.NO_DRIVER: (
        _("Has no driver"),
        _("Phone the patient: without somebody to drive them home they cannot be treated."),
    ),
    TaskKind.MAYBE_PREGNANT: (
        _("May be pregnant"),
        _("Tell the care team before the procedure, then phone the patient."),
    ),
    TaskKind.BLOOD_THINNER: (
        _("Takes a blood thinner, or may"),
        _("Have a nurse tell the patient what to do with it before the procedure."),
    ),
    TaskKind.ALLERGY: (
        _("Has an allergy"),
        _("Tell the care team before the procedure, and ask the patient for details."),
    ),
    TaskKind.QUESTION: (
        _("Question without an approved answer"),
        _("Answer the patient by phone or by text."),
    ),
    TaskKind.NOT_UNDERSTOOD: (
        _("Not understood three times"),
        _("Read what the patient wrote, and phone or text them."),
    ),
    TaskKind.WROTE_WHILE_OPTED_OUT: (
        _("Wrote with messages switched off"),
        _("No text can be sent to this phone. Read what they wrote, and phone them."),
    ),
    TaskKind.UNREACHABLE: (
        _("A message did not reach the patient"),
        _("Phone the patient and tell them what the message was to say."),
    ),
    TaskKind.WROTE_TO_STAFF: (
        _("Wrote while a person was answering"),
        _("The automatic answers are paused. Answer the patient."),
    ),
    TaskKind.REPLY_FAILED: (
        _("A reply of ours did not arrive"),
        _("Open the conversation to see why, and phone the patient."),
    ),
}
"""For each kind: what is the matter, and what to do."""

FURTHER_WORDS: Final = {
    "identity_locked": (
        _("Date of birth wrong three times"),
        _("Phone the patient and make sure that the number and the birth date on file are right."),
    ),
    "voicemail": (_("Left a voicemail"), _("Listen to it, and phone the patient.")),
}
"""Kinds that calls and the identity check bring along."""
_WORDS_OF_KIND: Final = FURTHER_WORDS | {kind.value: each for kind, each in KIND_WORDS.items()}

FLAG_WORDS: Final = {
    FlagClass.CORD: _("Legs, bladder or bowel: the spinal cord may be pressed"),
    FlagClass.BREATHING_CHEST: _("Chest pain or trouble breathing"),
    FlagClass.STROKE: _("Signs of a stroke"),
    FlagClass.ALLERGY: _("Signs of a severe allergy"),
    FlagClass.BLEEDING: _("Bleeding that does not stop"),
    FlagClass.UNRESPONSIVE: _("Not waking, a seizure, or a bad fall"),
    FlagClass.OVERDOSE: _("An overdose"),
    FlagClass.SELF_HARM: _("Thoughts of self-harm; they were told of 988 as well"),
    FlagClass.SEPSIS: _("Signs of a severe infection"),
    FlagClass.AMBULANCE: _("Asks for an ambulance, or says that somebody is dying"),
    FlagClass.SAME_DAY: _("A new symptom, such as fever or worse pain"),
}
SHOW_WORDS: Final = {
    Show.OPEN: _("All open"),
    Show.MINE: _("Mine"),
    Show.FREE: _("Nobody's yet"),
    Show.DONE: _("Done"),
}
STEP_WORDS: Final = {
    Step.NOTE: _("Note"),
    Step.TAKEN: _("Taken"),
    Step.HANDED_ON: _("Handed on to"),
    Step.ACKNOWLEDGED: _("Emergency acknowledged"),
    Step.DONE: _("Done"),
    Step.REOPENED: _("Opened again"),
    Step.RELEASED: _("Automated messages released"),
}


def heading(task: Task) -> str:
    """What is the matter."""
    return kind_words(task.kind)


def kind_words(kind: str) -> str:
    """A kind of task in words; one of another release by its own name."""
    return _of_kind(kind)[0]


def to_do(task: Task) -> str:
    """What is to be done about it."""
    return _of_kind(task.kind)[1]


def _of_kind(kind: str) -> tuple[str, str]:
    return _WORDS_OF_KIND.get(kind) or (_plain(kind), _("Read what is written here."))


def topic(task: Task) -> str:
    """What a question or a warning sign is about, where that is known."""
    if task.topic in set(FlagClass):
        return FLAG_WORDS[FlagClass(task.topic)]
    return topic_words(task.topic) if task.topic else ""


def reason(task: Task) -> str:
    """Why a message did not reach the patient, or a caller no person."""
    if task.reason in set(Missed):
        return Missed(task.reason).words
    return Reason(task.reason).words if task.reason in set(Reason) else _plain(task.reason or "")


def _plain(word: str) -> str:
    return word.replace("_", " ").capitalize()


def age(since: dt.datetime, now: dt.datetime) -> str:
    """How long ago something was, as one would say it."""
    minutes = int((now - since).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
    return ngettext("%(n)s day", "%(n)s days", hours // 24) % {"n": hours // 24}


def step(name: str) -> str:
    """A step of a task's story; one of another release by its own name."""
    return STEP_WORDS[Step(name)] if name in set(Step) else name
