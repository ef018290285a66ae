"""Whether staff may text a phone: what speaks against it, the hour, how long the text is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy.orm import Session

from admin.words import gettext as _
from carrier.segments import Encoding, count, fit
from db.lines import ACCOUNT, stopped_lines
from db.models import Contact, OptChange, Patient
from profiles import Profile
from scheduler.outcomes import line_of
from scheduler.policy import in_window

PAUSE: Final = dt.timedelta(minutes=30)
"""How long the automatic answers stay paused after a word from staff."""
LONGEST: Final = 1600
"""Characters; the carrier takes no longer text."""
_MANY_SEGMENTS: Final = 4
_STILL_ANSWERING: Final = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a phone can't be texted: the sentence; for an opt-out since when (UTC) and in which
    words it was asked for."""

    words: str
    since: dt.datetime | None = None
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """How long a text is as it goes out; `is_long` where a shorter one would be kinder."""

    characters: int
    count: int
    is_unicode: bool
    is_long: bool
    is_changed: bool


def may_text(
    contact: Contact,
    patients: Sequence[Patient],
    wrote_at: dt.datetime | None,
    opt_out: OptChange | None,
) -> Refusal | None:
    """What speaks against any text to this phone; `None` if nothing does."""
    if contact.opted_out_at is not None:
        wording = opt_out.wording if opt_out is not None else ""
        sentence = _("This patient asked for no more texts, so none can be sent. Phone them.")
        return Refusal(sentence, contact.opted_out_at, wording)
    if not contact.reachable:
        return Refusal(_("This number does not work. Ask the patient for another one."))
    if not contact.textable:
        return Refusal(_("This number can't get texts; it may be a landline. Phone the patient."))
    if wrote_at is None and not any(patient.sms_consent for patient in patients):
        sentence = _("This patient has not agreed to texts and has never written. Phone them.")
        return Refusal(sentence)
    return None


def is_quiet(profile: Profile, now: dt.datetime) -> bool:
    """Whether it is an hour at which the clinic starts no texts."""
    return not in_window(profile, now)


def line_is_stopped(db: Session, profile: Profile) -> bool:
    """Whether the carrier refuses the clinic's texts just now, so that they wait."""
    mine = {ACCOUNT, line_of(profile)}
    return any(stop.line in mine for stop in stopped_lines(db.connection()))


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is being written. `key` is the form's own: sent twice, it is one text.
    `at_quiet_hour` says that the writer wants it sent now although the clinic starts no texts."""

    key: str
    body: str = ""
    at_quiet_hour: bool = False

    @classmethod
    def of_form(cls, key: str, form: Mapping[str, str]) -> Self:
        """The draft that a form holds, without blanks around it."""
        body = form.get("body", "").replace("\0", "").replace("\r\n", "\n").strip()
        return cls(key, body, form.get("quiet") == "yes")

    def mistake(self, profile: Profile, wrote_at: dt.datetime | None, now: dt.datetime) -> str:
        """What is wrong with it, in a sentence; empty if nothing is."""
        if not self.body:
            return _("Write something before you send it.")
        if len(fit(self.body, keep_accents=profile.keep_accents)) > LONGEST:
            return _("The text is too long: at most 1,600 characters can be sent.")
        if not is_quiet(profile, now):
            return ""
        if wrote_at is None or now - wrote_at > _STILL_ANSWERING:
            return _(
                "It is too late or too early to text somebody who has not written in the last "
                "24 hours. Send it when the clinic's sending hours begin."
            )
        if not self.at_quiet_hour:
            return _("It is outside the sending hours. Confirm that it should go out now.")
        return ""


def measured(draft: Draft, profile: Profile) -> Size:
    """How long the text is as it would go out."""
    body = fit(draft.body, keep_accents=profile.keep_accents)
    size = count(body)
    return Size(
        characters=len(body),
        count=size.count if body else 0,
        is_unicode=size.encoding is Encoding.UCS2,
        is_long=size.count >= _MANY_SEGMENTS,
        is_changed=body != draft.body,
    )
