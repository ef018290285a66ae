"""The form of an approved text: what was typed, and what the content's rules say against it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import request
from wtforms import BooleanField, DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from admin.content_topics import TopicPlace
from admin.forms import Form
from admin.said import spoken, texted
from admin.site import now
from admin.words import gettext as _
from carrier.segments import Segments, count, fit
from flows.library import default_library
from flows.lint_approved import check_approved
from flows.model import Channel, Event, Facts, Session
from flows.moves import go
from flows.says import Context
from profile_parts import TEXTS, with_parts
from profiles import LANGUAGES, ApprovedText, Language, Profile, Wording, problems_of

FIELDS: Final = ("en", "es", "approved_by", "approved_at")
Values = Mapping[str, str]


def _in_one_line(value: str | None) -> str:
    return " ".join((value or "").split())


class TextForm(Form):
    """A clinic's answer to one topic."""

    en = TextAreaField(
        _("In English"),
        [DataRequired(_("Write the text in English.")), Length(max=1000)],
        filters=[_in_one_line],
    )
    es = TextAreaField(
        _("In Spanish"),
        [DataRequired(_("Write the text in Spanish.")), Length(max=1000)],
        filters=[_in_one_line],
    )
    approved_by = StringField(
        _("Approved by"),
        [DataRequired(_("Say who at the clinic approved it.")), Length(max=200)],
        filters=[_in_one_line],
    )
    approved_at = DateField(
        _("Approved on"),
        [Optional()],
        render_kw={"type": "date"},
    )
    sure = BooleanField(
        _("This person has approved exactly this wording, in both languages"),
        [DataRequired(_("Confirm that this wording was approved."))],
    )

    def checked(self, profile: Profile, place: TopicPlace) -> Profile | None:
        """The profile with the text in it; `None` with the mistakes at their fields."""
        is_fine = self.validate()
        day: dt.date | None = self.approved_at.data
        if day is None:
            self._wrong("approved_at", _("Enter the day on which it was approved."))
        elif day > now().astimezone(profile.zone).date():
            self._wrong("approved_at", _("This day has not come yet."))
        draft = self.draft(profile, place)
        if draft is None:
            return None
        wording = draft.approved_texts[place.topic].text
        segments = check_approved(default_library(), draft, wording, place.refs, segments_of)
        for language, what in segments:
            self._wrong(language, _("It %(what)s.") % {"what": what})
        for problem in problems_of(draft):
            self._wrong("en", problem)
        return draft if is_fine and not self.errors else None

    def draft(self, profile: Profile, place: TopicPlace) -> Profile | None:
        """The profile with the text in it as far as it is typed; `None` while one is missing."""
        if not (self.en.data and self.es.data):
            return None
        wording = Wording(self.en.data, self.es.data)
        text = ApprovedText(
            wording, self.approved_by.data or "…", self.approved_at.data or dt.date.min
        )
        return with_parts(profile, {f"{TEXTS}{place.topic}": text})

    def _wrong(self, name: str, what: str) -> None:
        field = self[name]
        field.errors = [*field.errors, what]


def segments_of(text: str) -> int:
    """The segments that a text takes once it is fitted as it is before sending."""
    return count(fit(text, keep_accents=False)).count


def stored_values(profile: Profile, place: TopicPlace) -> dict[str, str]:
    """What is stored of a text, as the form shows it."""
    text = profile.approved_texts.get(place.topic)
    if text is None:
        return dict.fromkeys(FIELDS, "")
    return {
        "en": text.text.en,
        "es": text.text.es,
        "approved_by": text.approved_by,
        "approved_at": text.approved_at.isoformat(),
    }


def typed_values() -> dict[str, str]:
    """What was typed, in the same form."""
    return {name: _in_one_line(request.form.get(name)) for name in FIELDS}


@dataclass(frozen=True, slots=True)
class Given:
    """What a patient gets who asks about the topic, in one language: the text, what it costs, and
    what a caller hears. `opens_task` says that a person has to answer."""

    language: Language
    body: str
    segments: Segments
    spoken: str
    opens_task: bool


def given(profile: Profile, place: TopicPlace) -> list[Given]:
    """What patients get who ask about a topic, by the engine itself."""
    library = default_library()
    found = []
    for language in LANGUAGES:
        session, facts = Session(language), Facts(profile, now())
        by_text, by_call = (
            go(Context(library, session, Event("", each), facts), place.entry, "")
            for each in (Channel.SMS, Channel.VOICE)
        )
        text = texted(by_text.says, profile)
        heard = spoken(library, by_call.says, profile, language)
        found.append(Given(language, text.body, text.segments, heard, bool(by_text.effects)))
    return found
