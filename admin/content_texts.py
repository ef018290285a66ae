"""The clinic's approved texts: which there are, which are empty; managers edit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from admin import access, audit, sessions
from admin.content import pages
from admin.content_conflict import Conflict, base_of, conflict_of, read_base, who_changed
from admin.content_text_form import (
    FIELDS,
    TextForm,
    given,
    stored_values,
    typed_values,
)
from admin.content_topics import TopicPlace, shipped_places
from admin.given_values import GivenValues
from admin.pages import render, render_part, wants_part
from admin.site import now, site
from admin.words import gettext as _
from db.audit import Action
from db.profile_versions import edit_profile, locked_profile
from profile_parts import TEXTS, with_parts
from profiles import ApprovedText, Profile

__all__ = ["pages"]
Page = str | tuple[str, int] | Response
_SAMPLE: Final = "(sample)"


@dataclass(frozen=True, slots=True)
class Line:
    """One topic in the list; `is_sample` for a text that came with the product."""

    place: TopicPlace
    text: ApprovedText | None
    is_sample: bool


def clinic_or_404(clinic_id: str) -> Profile:
    """A clinic by the id in an address."""
    with site().database.reading() as db:
        profile = site().clinics.get(db, clinic_id)
    if profile is None:
        abort(404)
    return profile


def _place(topic: str) -> TopicPlace:
    place = shipped_places().get(topic)
    if place is None:
        abort(404)
    return place


@pages.get("/content/<clinic>/texts")
@access.for_staff
def texts(clinic: str) -> str:
    """All topics that a text of the clinic's own can answer."""
    profile = clinic_or_404(clinic)
    lines = [
        Line(place, text, text is not None and text.approved_by.casefold().endswith(_SAMPLE))
        for place in shipped_places().values()
        for text in [profile.approved_texts.get(place.topic)]
    ]
    unknown = sorted(profile.approved_texts.keys() - shipped_places().keys())
    return render("admin/content_texts.html", profile=profile, lines=lines, unknown=unknown)


@pages.get("/content/<clinic>/texts/<topic>")
@access.for_staff
def text(clinic: str, topic: str) -> Page:
    """One text with what patients get; a form for managers."""
    profile, place = clinic_or_404(clinic), _place(topic)
    form = _stored_form(profile, place)
    return _page(profile, place, form, base_of(stored_values(profile, place)))


@pages.post("/content/<clinic>/texts/<topic>")
@access.for_managers
def save_text(clinic: str, topic: str) -> Page:
    """Store what was typed, unless somebody else has changed the same text meanwhile."""
    place, form = _place(topic), TextForm(request.form)
    profile = clinic_or_404(clinic)
    raw_base = request.form.get("base", "")
    if form.checked(profile, place) is None:
        return _page(profile, place, form, raw_base, is_sent=True), 422
    with site().database.transaction() as db:
        profile = locked_profile(db, clinic) or profile
        stored = stored_values(profile, place)
        base = read_base(raw_base, FIELDS)
        conflict, number = None, None
        if base != stored:
            who = who_changed(db, clinic, [f"{TEXTS}{topic}"])
            typed = typed_values()
            names = {name: form[name].label.text for name in FIELDS}
            conflict = conflict_of(base or stored, stored, typed, names, who)
        elif (edited := form.checked(profile, place)) is not None:
            number = edit_profile(db, edited, sessions.member().actor, now())
            if number is not None:
                _record(db, Action.APPROVED_TEXT_CHANGED, clinic, topic, number)
        else:
            db.rollback()
            return _page(profile, place, form, raw_base, is_sent=True), 422
    if conflict is not None:
        form = TextForm(GivenValues({**conflict.values, **_sign_off()}))
        fresh = base_of(stored)
        return _page(profile, place, form, fresh, conflict=conflict, is_sent=True), 409
    if number is None:
        flash(_("Nothing was different, so nothing was changed."), "good")
    else:
        flash(_("The text is stored. Patients get it from now on."), "good")
    return redirect(url_for("admin.content.text", clinic=clinic, topic=topic), 303)


@pages.post("/content/<clinic>/texts/<topic>/preview")
@access.for_managers
def preview_text(clinic: str, topic: str) -> Page:
    """What patients would get, as it is typed."""
    profile, place = clinic_or_404(clinic), _place(topic)
    form = TextForm(request.form)
    form.checked(profile, place)
    draft = form.draft(profile, place)
    mistakes = {name: form[name].errors[0] for name in ("en", "es") if form[name].errors}
    if wants_part():
        found = given(draft, place) if draft else []
        return render_part("admin/_given.html", given=found, mistakes=mistakes)
    return _page(profile, place, form, request.form.get("base", ""), draft=draft)


@pages.post("/content/<clinic>/texts/<topic>/remove")
@access.for_managers
def remove_text(clinic: str, topic: str) -> Page:
    """Take a text back: from then on a person answers, or nothing is added."""
    place = _place(topic)
    profile = clinic_or_404(clinic)
    with site().database.transaction() as db:
        profile = locked_profile(db, clinic) or profile
        if read_base(request.form.get("base", ""), FIELDS) != stored_values(profile, place):
            abort(409)
        without = with_parts(profile, {f"{TEXTS}{topic}": None})
        number = edit_profile(db, without, sessions.member().actor, now())
        if number is not None:
            _record(db, Action.APPROVED_TEXT_REMOVED, clinic, topic, number)
    flash(_("The text was taken back. It is kept in the history."), "good")
    return redirect(url_for("admin.content.text", clinic=clinic, topic=topic), 303)


def _sign_off() -> dict[str, str]:
    """Who approved what was typed, and when: never somebody else's word for it."""
    return {name: typed_values()[name] for name in ("approved_by", "approved_at")}


def _record(db: Session, action: Action, clinic: str, topic: str, number: int) -> None:
    detail: dict[str, str | int] = {"topic": topic, "version": number}
    audit.record(db, action, audit.Entity("clinic", clinic), clinic_id=clinic, detail=detail)


def _stored_form(profile: Profile, place: TopicPlace) -> TextForm:
    """The wording as it is stored; who approved a new one, and when, is typed anew."""
    values = stored_values(profile, place)
    return TextForm(GivenValues({"en": values["en"], "es": values["es"]}))


def _page(
    profile: Profile,
    place: TopicPlace,
    form: TextForm,
    base: str,
    *,
    draft: Profile | None = None,
    conflict: Conflict | None = None,
    is_sent: bool = False,
) -> str:
    if not is_sent:
        for field in form:
            field.errors = []
    typed = draft or (form.draft(profile, place) if is_sent else None)
    return render(
        "admin/content_text.html",
        profile=profile,
        place=place,
        form=form,
        base=base,
        stored=profile.approved_texts.get(place.topic),
        given=given(typed or profile, place),
        is_draft=typed is not None,
        mistakes={},
        conflict=conflict,
    )
