"""The simulator: what a patient would get, by the engine itself, with nothing sent or stored.

The talk so far travels in a signed field of the page's own form, never in an address.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import msgspec
from flask import current_app, flash, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict
from wtforms import IntegerField, SelectField, TimeField
from wtforms.validators import InputRequired, NumberRange

from admin import access
from admin.clinic_choice import shown_clinics
from admin.content import pages
from admin.forms import Form
from admin.pages import render
from admin.simulated import Played, play
from admin.simulated_world import BIRTH_DATE, FIRST_NAME, Setup, Step, Talk, Visit
from admin.simulator_words import KIND_WORDS, effect_words, why_words
from admin.site import now
from admin.times import day_words, moments_of
from admin.visit_words import LANGUAGE_WORDS
from admin.words import gettext as _
from flows.library import default_library
from flows.model import Channel
from profiles import Profile

__all__ = ["pages"]
Page = str | tuple[str, int]
_MOST_STEPS: Final = 60
_LONGEST: Final = 1600
_SALT: Final = "prepline simulator"
_VISITS: Final = {
    Visit.NONE.value: _("No visit: an unknown number"),
    Visit.BOOKED.value: _("A visit; the date of birth was not given yet"),
    Visit.VERIFIED.value: _("A visit; the date of birth was given"),
    Visit.REMINDED.value: _("A visit; its reminder just went out"),
}
_HAPPENS: Final = {"dialled": ("completed", "no-answer", "busy"), "recorded": ("0", "20")}


class SetupForm(Form):
    """What a talk begins with."""

    clinic = SelectField(_("Clinic"), id="talk-clinic")  # the page's head has a "clinic"
    channel = SelectField(_("By"), choices={"sms": _("Text"), "voice": _("Call")})
    language = SelectField(_("Language"), choices=dict(LANGUAGE_WORDS))
    visit = SelectField(_("Made-up visit"), choices=_VISITS)
    procedure = SelectField(_("Procedure"))
    days = IntegerField(
        _("Days from today"),
        [InputRequired(_("Enter a number.")), NumberRange(0, 60, _("From 0 to 60."))],
    )
    clock = TimeField(
        _("Time"),
        [InputRequired(_("Enter the time, like 09:30."))],
        render_kw={"type": "time"},
    )

    def setup(self, clinics: list[Profile]) -> Setup | None:
        """The beginning that was chosen; `None` with the mistakes at their fields."""
        if not self.validate():
            return None
        profile = next(each for each in clinics if each.id == self.clinic.data)
        procedure = self.procedure.data
        if procedure not in profile.procedures:
            procedure = next(iter(profile.procedures))
        day = now().astimezone(profile.zone).date() + dt.timedelta(days=self.days.data or 0)
        moments = moments_of(day, self.clock.data or dt.time(), profile.zone)
        if not moments or (moments[0] <= now() and self.visit.data != Visit.NONE):
            self.clock.errors = [_("The visit must lie ahead.")]
            return None
        return Setup(
            profile.id,
            Channel(self.channel.data),
            self.language.data,
            Visit(self.visit.data),
            procedure,
            moments[0],
            now(),
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What the page says about one turn."""

    kind: str
    labels: list[str]
    why: str
    effects: list[str]


@pages.get("/content/simulator")
@access.for_staff
def simulator() -> Page:
    """Choose what the talk begins with."""
    form = _form(shown_clinics(), None)
    return render("admin/simulator.html", form=form, talk=None)


@pages.post("/content/simulator")
@access.for_staff
def simulate() -> Page:
    """Begin a talk, or take its next turn."""
    clinics = shown_clinics()
    if "talk" not in request.form:
        form = _form(clinics, request.form)
        setup = form.setup(clinics)
        if setup is None:
            return render("admin/simulator.html", form=form, talk=None), 422
        return _talk_page(clinics, Talk(setup))
    talk = _sent_talk()
    if talk is None or not any(each.id == talk.setup.clinic for each in clinics):
        flash(_("This talk can't be gone on with. Begin a new one."), "warning")
        return render("admin/simulator.html", form=_form(clinics, None), talk=None), 422
    step = _step()
    if step is not None and len(talk.steps) < _MOST_STEPS:
        talk = msgspec.structs.replace(talk, steps=(*talk.steps, step))
    return _talk_page(clinics, talk)


def _form(clinics: list[Profile], sent: MultiDict[str, str] | None) -> SetupForm:
    first = clinics[0].language if clinics else "en"
    usual = {"language": first, "visit": "booked", "days": 1, "clock": dt.time(9, 30)}
    form = SetupForm(sent) if sent is not None else SetupForm(data=usual)
    form.clinic.choices = {each.id: each.name for each in clinics}
    form.procedure.choices = {
        code: each.name.en for clinic in clinics for code, each in clinic.procedures.items()
    }
    return form


def _talk_page(clinics: list[Profile], talk: Talk) -> str:
    profile = next(each for each in clinics if each.id == talk.setup.clinic)
    played = play(default_library(), profile, talk)
    return render(
        "admin/simulator.html",
        form=None,
        talk=talk,
        profile=profile,
        played=played,
        told=_told(played),
        signed=_signer().dumps(msgspec.json.encode(talk).decode()),
        visit_words=_VISITS[talk.setup.visit],
        first_name=FIRST_NAME,
        birth_date=f"{BIRTH_DATE:%m/%d/%Y}",
        birth_words=day_words(BIRTH_DATE),
        is_full=len(talk.steps) >= _MOST_STEPS,
    )


def _told(played: Played) -> list[Told | None]:
    found: list[Told | None] = []
    for turn in played.turns:
        if turn.understood is None:
            found.append(None)
            continue
        labels = list(dict.fromkeys(turn.understood.labels))
        done = [words for each in turn.effects if (words := effect_words(each))]
        why = why_words(turn.understood.rule, turn.evidence, turn.effects)
        found.append(Told(KIND_WORDS[turn.understood.kind], labels, why, done))
    return found


def _step() -> Step | None:
    for what, known in _HAPPENS.items():
        if request.form.get(what) in known:
            return Step(what, request.form[what], now())
    text = request.form.get("key") or request.form.get("text")
    return None if text is None else Step("said", text[:_LONGEST], now())


def _sent_talk() -> Talk | None:
    try:
        return msgspec.json.decode(_signer().loads(request.form["talk"]), type=Talk)
    except (BadSignature, msgspec.ValidationError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=_SALT)
