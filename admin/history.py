"""Every version of a clinic's profile: who changed what and when; managers bring one back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from admin import access, audit, sessions
from admin.content import pages
from admin.content_text_form import segments_of
from admin.content_texts import clinic_or_404
from admin.content_topics import shipped_places
from admin.forms import row_key
from admin.pages import render
from admin.part_words import part_name, part_words
from admin.rules import catch_up
from admin.site import now, site
from admin.words import gettext as _
from db.audit import Action
from db.content_models import ProfileVersion
from db.profile_versions import (
    Source,
    edit_profile,
    edited_parts,
    locked_profile,
    version_of,
    versions_of,
)
from flows.library import default_library
from flows.lint_approved import check_approved
from profile_parts import TEXTS, Part, changed_parts, parts_of, with_parts
from profiles import Profile, problems_of, profile_from_json

__all__ = ["pages"]
Page = str | tuple[str, int] | Response
PAGE_SIZE: Final = 30
_SOURCES: Final = {
    Source.FILE: _("Loaded from its file"),
    Source.SITE: _("Changed here"),
    Source.RESTORED: _("Version %(number)s brought back"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One part before and after, in words."""

    name: str
    before: Sequence[str]
    after: Sequence[str]


@pages.get("/content/<clinic>/history")
@access.for_staff
def history(clinic: str) -> str:
    """The newest versions, and what differs from the clinic's file."""
    profile = clinic_or_404(clinic)
    before = row_key(request.args.get("before"))
    with site().database.reading() as db:
        found = versions_of(db, clinic, PAGE_SIZE + 1, before)
        edited = edited_parts(db, clinic)
    older = found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else 0
    here = url_for("admin.content.history", clinic=clinic)
    return render(
        "admin/history.html",
        profile=profile,
        versions=[(each, source_words(each), _names(each)) for each in found[:PAGE_SIZE]],
        edited=[part_name(name) for name in edited],
        older=url_for("admin.content.history", clinic=clinic, before=older) if older else "",
        newest=here if before else "",
    )


@pages.get("/content/<clinic>/history/<int:number>")
@access.for_staff
def version(clinic: str, number: int) -> str:
    """One version: what it changed, and all that it says."""
    profile = clinic_or_404(clinic)
    shown, before, newest = _read(clinic, number)
    then = profile_from_json(shown.profile)
    return render(
        "admin/version.html",
        profile=profile,
        version=shown,
        source=source_words(shown),
        rest=_differs_elsewhere(before, then),
        changes=_changes(before, then) if before else [],
        back=_changes(profile, with_parts(profile, _parts_like(profile, then))),
        whole=[(part_name(name), part_words(name, part)) for name, part in parts_of(then).items()],
        newest=newest,
    )


@pages.post("/content/<clinic>/history/<int:number>/restore")
@access.for_managers
def restore(clinic: str, number: int) -> Page:
    """Bring back what a version said of the parts that are edited here, as a new version."""
    clinic_or_404(clinic)
    here = redirect(url_for("admin.content.version", clinic=clinic, number=number), 303)
    with site().database.transaction() as db:
        profile = locked_profile(db, clinic)
        wanted = version_of(db, clinic, number)
        newest = next(iter(versions_of(db, clinic, 1)), None)
        if profile is None or wanted is None or newest is None:
            abort(404)
        if request.form.get("seen") != str(newest.number):
            words = _("%(who)s changed something meanwhile. Nothing was done; look again.")
            flash(words % {"who": newest.who}, "warning")
            return here
        edited = with_parts(profile, _parts_like(profile, profile_from_json(wanted.profile)))
        problems = _problems(profile, edited)
        if problems:
            words = _("It can't be brought back as it is: %(problems)s")
            flash(words % {"problems": " ".join(problems)}, "warning")
            return here
        made = edit_profile(db, edited, sessions.member().actor, now(), restored_from=number)
        if made is not None:
            entity = audit.Entity("clinic", clinic)
            detail: dict[str, str | int] = {
                "from": number,
                "version": made,
                "parts": ", ".join(changed_parts(profile, edited)),
            }
            audit.record(db, Action.PROFILE_RESTORED, entity, clinic_id=clinic, detail=detail)
    if made is None:
        flash(_("Nothing was different, so nothing was changed."), "good")
        return here
    catch_up(clinic)
    flash(_("Version %(number)s was brought back.") % {"number": number}, "good")
    return redirect(url_for("admin.content.history", clinic=clinic), 303)


def source_words(each: ProfileVersion) -> str:
    """Where a version comes from."""
    return _SOURCES[Source(each.source)] % {"number": each.restored_from}


def _names(each: ProfileVersion) -> list[str]:
    return [part_name(name) for name in json.loads(each.parts)]


def _read(clinic: str, number: int) -> tuple[ProfileVersion, Profile | None, int]:
    """A version, the profile before it, and the number of the newest one."""
    with site().database.reading() as db:
        shown = version_of(db, clinic, number)
        before = version_of(db, clinic, number - 1)
        newest = versions_of(db, clinic, 1)
    if shown is None:
        abort(404)
    return shown, profile_from_json(before.profile) if before else None, newest[0].number


def _parts_like(profile: Profile, then: Profile) -> dict[str, Part]:
    """All parts as they were; texts that were not there are taken back."""
    texts: dict[str, Part] = {f"{TEXTS}{topic}": None for topic in profile.approved_texts}
    return {**texts, **parts_of(then)}


def _changes(before: Profile, after: Profile) -> list[Change]:
    old, new = parts_of(before), parts_of(after)
    return [
        Change(part_name(name), part_words(name, old.get(name)), part_words(name, new.get(name)))
        for name in changed_parts(before, after)
    ]


def _differs_elsewhere(before: Profile | None, then: Profile) -> bool:
    """Whether a version changed something that is edited in the file alone."""
    return before is not None and with_parts(before, _parts_like(before, then)) != then


def _problems(profile: Profile, edited: Profile) -> list[str]:
    """What the content's rules say against what would come back."""
    found = problems_of(edited)
    for name in changed_parts(profile, edited):
        topic = name.removeprefix(TEXTS)
        text, place = edited.approved_texts.get(topic), shipped_places().get(topic)
        if name.startswith(TEXTS) and text is not None and place is not None:
            wrong = check_approved(default_library(), edited, text.text, place.refs, segments_of)
            found += [f"{part_name(name)} ({language}) {what}." for language, what in wrong]
    return found
