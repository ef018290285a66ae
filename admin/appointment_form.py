"""The form of an appointment: what was typed, checked, and as the one way in takes it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, Self

from flask import request
from wtforms import BooleanField, DateField, Field, SelectField, StringField, TimeField
from wtforms.validators import DataRequired, Optional, ValidationError

from admin.forms import Form
from admin.given_values import GivenValues
from admin.site import now
from admin.times import moments_of
from admin.visit_words import LANGUAGE_WORDS
from admin.words import gettext as _
from appointment_csv import AppointmentRow, Channel, RowStatus
from appointment_csv.cells import CellError, readers_for
from carrier.phones import PhoneError, parse_us, pretty
from db.models import Appointment, Patient
from profiles import Profile

CHANNEL_CHOICES: Final = {
    Channel.AUTO.value: _("Text, or call if needed"),
    Channel.SMS.value: _("Text"),
    Channel.VOICE.value: _("Call"),
}
_YEARS: Final = range(2000, 2100)
Values = Mapping[str, str]
"""A form's values as text, by the fields' names: what two people's forms are compared by."""


def _phone(form: Form, field: Field) -> None:
    del form
    try:
        parse_us(field.data or "")
    except PhoneError as error:
        raise ValidationError(_(str(error))) from None


def _as_in_a_file(column: str) -> Callable[[Form, Field], None]:
    """Check as the same column of an imported file is checked."""

    def check(form: Form, field: Field) -> None:
        del form
        text = field.data.isoformat() if isinstance(field.data, dt.date) else field.data or ""
        try:
            readers_for(None, (), now())[column](text)
        except CellError as error:
            words = _("This %(what)s; %(instead)s.")
            raise ValidationError(words % {"what": error.what, "instead": error.instead}) from None

    return check


def _year(form: Form, field: Field) -> None:
    del form
    if field.data.year not in _YEARS:
        raise ValidationError(_("Check the year."))


def _name_field(label: str, missing: str, column: str) -> StringField:
    return StringField(label, [DataRequired(missing), _as_in_a_file(column)])


class AppointmentForm(Form):
    """An appointment with its patient. Day and time are the clinic's own."""

    first_name = _name_field(_("First name"), _("Enter the first name."), "first_name")
    last_name = _name_field(_("Last name"), _("Enter the last name."), "last_name")
    date_of_birth = DateField(
        _("Date of birth"),
        [DataRequired(_("Enter the date of birth.")), _as_in_a_file("date_of_birth")],
        render_kw={"type": "date"},
    )
    phone = StringField(_("Phone"), [_phone])
    language = SelectField(_("Language"), choices=dict(LANGUAGE_WORDS))
    procedure = SelectField(_("Procedure"))
    day = DateField(
        _("Day"), [DataRequired(_("Enter the day.")), _year], render_kw={"type": "date"}
    )
    clock = TimeField(
        _("Time"),
        [DataRequired(_("Enter the time, like 09:30."))],
        render_kw={"type": "time"},
    )
    which = SelectField(_("Which of the two"), [Optional()])
    channel = SelectField(_("Reach the patient by"), choices=dict(CHANNEL_CHOICES))
    sms_consent = BooleanField(_("Agreed to texts"))
    voice_consent = BooleanField(_("Agreed to automated calls"))

    procedure_names: dict[str, str]
    """What the procedures are called, by their codes."""

    @classmethod
    def for_clinic(cls, profile: Profile, values: Values | None = None, extra: str = "") -> Self:
        """The form as it was sent, or filled with `values`. `extra` is a procedure that the
        appointment has and the profile no longer lists."""
        form = cls(request.form if values is None else GivenValues(values))
        codes = {code: each.name.en for code, each in profile.procedures.items()}
        form.procedure_names = ({extra: extra} if extra else {}) | codes
        form.procedure.choices = dict(form.procedure_names)
        form.which.choices = {"": _("Choose")}
        found = form.moments(profile)
        if len(found) == 2:
            names = [each.astimezone(profile.zone).strftime("%Z") for each in found]
            form.which.choices |= {
                "0": _("The first, %(zone)s") % {"zone": names[0]},
                "1": _("The second, an hour later, %(zone)s") % {"zone": names[1]},
            }
        return form

    def moments(self, profile: Profile) -> list[dt.datetime]:
        """The moments that day and time may mean at the clinic; none for none or a wrong one."""
        day, clock = self.day.data, self.clock.data
        if day is None or clock is None or day.year not in _YEARS:
            return []
        return moments_of(day, clock, profile.zone)

    def starts_at(self, profile: Profile) -> dt.datetime | None:
        """The moment that was typed, UTC; `None` and a sentence at the field if it is not clear."""
        found = self.moments(profile)
        if len(found) == 2:
            if self.which.data in ("0", "1"):
                return found[int(self.which.data)]
            self.which.errors = [_("The clocks go back that night: this time comes twice.")]
            return None
        if not found and self.day.data and self.clock.data and not self.day.errors:
            self.clock.errors = [
                _("This time does not exist: the clocks go forward over it that night.")
            ]
        return found[0] if found else None

    def row(self, profile: Profile, external_id: str) -> AppointmentRow | None:
        """What was typed as the one way in takes it; `None` with the mistakes at their fields."""
        is_fine = self.validate()
        starts_at = self.starts_at(profile)
        return self._row(profile, external_id, starts_at) if is_fine and starts_at else None

    def draft(self, profile: Profile, external_id: str) -> AppointmentRow | None:
        """As `row`, as soon as it is clear what, when and how; a name may still be missing."""
        self.validate()
        starts_at = self.starts_at(profile)
        needed = (self.procedure, self.language, self.channel)
        is_clear = starts_at is not None and not any(field.errors for field in needed)
        return self._row(profile, external_id, starts_at) if is_clear and starts_at else None

    def _row(self, profile: Profile, external_id: str, starts_at: dt.datetime) -> AppointmentRow:
        typed = self.data
        return AppointmentRow(
            row=0,
            external_id=external_id,
            clinic=profile.id,
            first_name=" ".join((typed["first_name"] or "…").split()),
            last_name=" ".join((typed["last_name"] or "").split()),
            date_of_birth=typed["date_of_birth"] or dt.date.min,
            phone="" if self.phone.errors else parse_us(typed["phone"]),
            language=typed["language"],
            procedure=typed["procedure"],
            starts_at=starts_at,
            channel=Channel(typed["channel"]),
            status=RowStatus.SCHEDULED,
            sms_consent=typed["sms_consent"],
            voice_consent=typed["voice_consent"],
        )


PATIENT_FIELDS: Final = (
    *("first_name", "last_name", "date_of_birth", "phone", "language"),
    *("channel", "sms_consent", "voice_consent"),
)
VISIT_FIELDS: Final = ("procedure", "day", "clock", "which")
FIELDS: Final = (*PATIENT_FIELDS[:5], *VISIT_FIELDS, *PATIENT_FIELDS[5:])


def patient_values(patient: Patient) -> dict[str, str]:
    """What is stored of a patient, as the form shows it."""
    return {
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "date_of_birth": patient.date_of_birth.isoformat(),
        "phone": pretty(patient.phone),
        "language": patient.language,
        "channel": patient.channel,
        "sms_consent": "y" if patient.sms_consent else "",
        "voice_consent": "y" if patient.voice_consent else "",
    }


def stored_values(visit: Appointment, profile: Profile) -> dict[str, str]:
    """What is stored of an appointment and its patient, as the form shows it."""
    local = visit.starts_at.astimezone(profile.zone)
    twice = len(moments_of(local.date(), local.time(), profile.zone)) == 2
    return {
        **patient_values(visit.patient),
        "procedure": visit.procedure,
        "day": local.date().isoformat(),
        "clock": f"{local:%H:%M}",
        "which": str(local.fold) if twice else "",
    }


def sent_values() -> dict[str, str]:
    """What was typed, in the same form."""
    values = {name: request.form.get(name, "").strip() for name in FIELDS}
    with suppress(PhoneError):  # compared as it was typed
        values["phone"] = pretty(parse_us(values["phone"]))
    return values


def base_of(values: Values, status: str) -> str:
    """What a form carries along to tell later whether somebody else changed something."""
    return json.dumps({**values, "status": status}, sort_keys=True)


def read_base(text: str) -> dict[str, str]:
    """What a form carried along; nothing for what is no such thing."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    is_base = isinstance(found, dict) and all(isinstance(each, str) for each in found.values())
    return found if is_base and {*FIELDS, "status"} <= found.keys() else {}
