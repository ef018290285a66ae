"""A clinic's reminder rules: read by everybody, tried out and applied by managers."""

from __future__ import annotations

import time
from typing import Final

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from admin import access, audit, sessions
from admin.content import pages
from admin.content_conflict import Conflict, base_of, conflict_of, read_base, who_changed
from admin.content_texts import clinic_or_404
from admin.given_values import GivenValues
from admin.pages import render, render_part, wants_part
from admin.part_words import RULE_NAMES, part_words
from admin.rules_form import FIELDS, RulesForm, mark_of, stored_values, typed_values
from admin.rules_preview import RulesPreview, rules_preview
from admin.site import now, site
from admin.words import gettext as _
from db.audit import Action
from db.models import Clinic
from db.profile_versions import edit_profile, locked_profile
from profile_parts import RULE_PARTS, changed_parts, parts_of
from profiles import Profile
from scheduler.replanning import replan_piece

__all__ = ["pages"]
Page = str | tuple[str, int] | Response
_AT_ONCE: Final = 0.05
"""Seconds that are spent on reminders before the page is answered; a worker does the rest."""


@pages.get("/content/<clinic>/rules")
@access.for_staff
def rules(clinic: str) -> str:
    """The rules as they count now."""
    profile = clinic_or_404(clinic)
    if wants_part():
        return render_part("admin/_replanning.html", profile=profile, is_behind=_is_behind(clinic))
    values = stored_values(profile)
    return _page(profile, RulesForm(GivenValues(values)), base_of(values))


@pages.post("/content/<clinic>/rules/preview")
@access.for_managers
def preview_rules(clinic: str) -> Page:
    """What the rules that were typed would change."""
    profile, form = clinic_or_404(clinic), RulesForm(request.form)
    base = request.form.get("base", "")
    draft = form.checked(profile)
    if draft is None:
        return _page(profile, form, base), 422
    return _page(profile, form, base, draft=draft)


@pages.post("/content/<clinic>/rules")
@access.for_managers
def apply_rules(clinic: str) -> Page:
    """Apply what was looked at, unless somebody else has changed the rules meanwhile."""
    profile, form = clinic_or_404(clinic), RulesForm(request.form)
    draft, raw_base = form.checked(profile), request.form.get("base", "")
    if draft is None:
        return _page(profile, form, raw_base), 422
    if request.form.get("mark") != mark_of(typed_values()):
        flash(_("This is not what you looked at. Look at it again, then apply it."), "warning")
        return _page(profile, form, raw_base, draft=draft), 422
    conflict: Conflict | None = None
    number: int | None = None
    with site().database.transaction() as db:
        profile = locked_profile(db, clinic) or profile
        stored = stored_values(profile)
        base = read_base(raw_base, FIELDS)
        draft = form.checked(profile)
        if base != stored or draft is None:
            names = {name: _label(form, name) for name in FIELDS}
            who = who_changed(db, clinic, RULE_PARTS)
            conflict = conflict_of(base or stored, stored, typed_values(), names, who)
        else:
            parts = ", ".join(changed_parts(profile, draft))
            number = edit_profile(db, draft, sessions.member().actor, now())
            if number is not None:
                entity = audit.Entity("clinic", clinic)
                detail: dict[str, str | int] = {"parts": parts, "version": number}
                audit.record(db, Action.RULES_CHANGED, entity, clinic_id=clinic, detail=detail)
    if conflict is not None:
        fresh = RulesForm(GivenValues(conflict.values))
        return _page(profile, fresh, base_of(stored), conflict=conflict), 409
    catch_up(clinic)
    stored_words = _("The rules are stored and count from now on.")
    unchanged = _("Nothing was different, so nothing was changed.")
    flash(unchanged if number is None else stored_words, "good")
    return redirect(url_for("admin.content.rules", clinic=clinic), 303)


def catch_up(clinic_id: str) -> None:
    """Begin to bring the clinic's reminders in line; with few appointments that is all of it."""
    until = time.monotonic() + _AT_ONCE
    is_done = False
    while not is_done and time.monotonic() < until:
        is_done = replan_piece(site().database, clinic_id, now()).is_last


def _is_behind(clinic_id: str) -> bool:
    with site().database.reading() as db:
        return db.get_one(Clinic, clinic_id).replan_after is not None


def _label(form: RulesForm, name: str) -> str:
    part = next(each for each in RULE_NAMES if name.startswith(each.removeprefix("reminders.")))
    return f"{RULE_NAMES[part]}, {form[name].label.text}"


def _page(
    profile: Profile,
    form: RulesForm,
    base: str,
    *,
    draft: Profile | None = None,
    conflict: Conflict | None = None,
) -> str:
    shown: RulesPreview | None = None
    parts: list[str] = []
    if draft is not None:
        parts = changed_parts(profile, draft)
        with site().database.reading() as db:
            shown = rules_preview(db, profile, draft, now()) if parts else None
        if shown is not None:
            seen = {"patients": len({each.visit.patient_id for each in shown.examples})}
            audit.note(Action.RULES_PREVIEWED, clinic_id=profile.id, detail=seen)
    old, new = parts_of(profile), parts_of(draft or profile)
    return render(
        "admin/rules.html",
        profile=profile,
        form=form,
        base=base,
        conflict=conflict,
        is_behind=_is_behind(profile.id),
        current=[(RULE_NAMES[name], part_words(name, old[name])) for name in RULE_PARTS],
        changes=[
            (RULE_NAMES[name], part_words(name, old[name]), part_words(name, new[name]))
            for name in parts
        ],
        is_draft=draft is not None,
        outlook=shown,
        mark=mark_of(typed_values()) if parts else "",
    )
