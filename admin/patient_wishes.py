"""A patient's language and channel, edited by staff unless somebody else did so in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import request
from sqlalchemy.orm import Session
from wtforms import SelectField

from admin import audit, sessions
from admin.appointment_form import CHANNEL_CHOICES
from admin.appointment_saving import Conflict
from admin.appointment_words import Difference
from admin.forms import Form
from admin.site import now
from admin.visit_words import LANGUAGE_WORDS
from admin.words import gettext as _
from admin.words import ngettext
from db.audit import Action, Search, entries
from db.models import Patient
from patients import Wishes, change_wishes, wishes_of

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "language": LANGUAGE_WORDS,
    "channel": CHANNEL_CHOICES,
}


class WishesForm(Form):
    """The language that a patient is spoken to in, and how they want to be reached."""

    language = SelectField(_("Language"), choices=dict(LANGUAGE_WORDS), id="wish-language")
    channel = SelectField(
        _("Reach the patient by"), choices=dict(CHANNEL_CHOICES), id="wish-channel"
    )


def base_of(patient: Patient) -> str:
    """What a form carries along to tell later whether somebody else changed something."""
    return f"{patient.language} {patient.channel}"


def store(db: Session, patient: Patient, form: WishesForm) -> Conflict | int:
    """Store what was chosen for a (locked) patient; how many messages come back by it."""
    stored = _values(wishes_of(patient))
    typed = {name: str(form[name].data) for name in _WORDS}
    base = dict(zip(_WORDS, request.form.get("base", "").split(), strict=False))
    if base != stored:
        return _conflict(db, patient, base, typed)
    changed = [name for name in _WORDS if typed[name] != stored[name]]
    if not changed:
        return 0
    entity = audit.Entity("patient", str(patient.id))
    detail = {"fields": ", ".join(changed)}
    audit.record(db, Action.WISHES_CHANGED, entity, clinic_id=patient.clinic_id, detail=detail)
    return change_wishes(db, patient, Wishes(**typed), now())


def come_back_words(count: int) -> str:
    """That messages which could not go out are planned again; empty for none."""
    if not count:
        return ""
    words = ngettext(
        "1 message that could not go out before is planned again.",
        "%(count)s messages that could not go out before are planned again.",
        count,
    )
    return " " + words % {"count": count}


def _values(wishes: Wishes) -> dict[str, str]:
    return {"language": wishes.language, "channel": wishes.channel}


def _conflict(
    db: Session, patient: Patient, base: Mapping[str, str], typed: Mapping[str, str]
) -> Conflict:
    """What somebody else changed, beside what was chosen here."""
    stored = _values(wishes_of(patient))
    kept = {name: stored[name] if typed[name] == base.get(name) else typed[name] for name in _WORDS}
    labels = {field.name: field.label.text for field in WishesForm()}
    differences = [
        Difference(
            labels[name],
            words.get(base.get(name, ""), ""),
            words.get(stored[name], stored[name]),
            words.get(kept[name], "") if kept[name] != stored[name] else "",
        )
        for name, words in _WORDS.items()
        if base.get(name) != stored[name]
    ]
    return Conflict(kept, differences, _who_changed(db, patient))


def _who_changed(db: Session, patient: Patient) -> str:
    """Who else changed them last, if it was somebody of the staff on this page."""
    search = Search(
        entity_kind="patient", entity_id=str(patient.id), action=Action.WISHES_CHANGED.value
    )
    others = [e for e in entries(db, search, 1) if e.staff_id != sessions.member().id]
    return others[0].staff_email if others else ""
