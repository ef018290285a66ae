"""Importing a file of appointments: look at what it would do, then apply exactly that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, make_response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FileField

from admin import access, audit, sessions
from admin.audit import Action, Entity
from admin.clinic_choice import zone_of
from admin.csv_out import csv_response
from admin.forms import Form, row_key
from admin.import_summary import Summary, summed
from admin.import_work import (
    AT_WORK,
    Applied,
    BadRow,
    Stage,
    bad_of,
    go_on,
    mark_of,
    new_draft,
    outcomes_of,
    rows_of,
)
from admin.pages import render, render_part, wants_part
from admin.site import now, site
from admin.words import gettext as _
from appointment_csv import COLUMNS, MAX_BYTES, AppointmentRow, read_appointments
from appointment_import import Outcome
from appointment_import import pieces as pieces_of
from appointments import Change
from db.data_models import ImportDraft
from db.import_drafts import advance, delete_draft, delete_old, draft_of, drafts_of, take_place
from profiles import Profile

pages = Blueprint("imports", __name__)
PAGE_SIZE: Final = 50
SLICE_SECONDS: Final = 2.0
"""How long one request works on a file before the page says how far it is."""
_FORM_BYTES: Final = 64 * 1024  # what a form takes beside its file
CHANGE_WORDS: Final = {
    Change.NEW: _("New"),
    Change.MOVED: _("Moved"),
    Change.CANCELLED: _("Cancelled"),
    Change.UPDATED: _("Corrected"),
    Change.UNCHANGED: _("Unchanged"),
}
STAGE_WORDS: Final = {
    Stage.LOOKING: _("Being looked through"),
    Stage.SHOWN: _("Waits for you to apply it"),
    Stage.CHECKING: _("Being applied"),
    Stage.APPLYING: _("Being applied"),
    Stage.APPLIED: _("Applied"),
}


class UploadForm(Form):
    """One file."""

    file = FileField(_("File of appointments (CSV)"))


@dataclass(frozen=True, slots=True)
class Line:
    """One good row as it is shown; moments are UTC, shown in `zone`. After a file was applied its
    rows are gone and only what was done is left."""

    outcome: Outcome
    row: AppointmentRow | None
    zone: ZoneInfo


@pages.get("/imports")
@access.for_staff
def index() -> str:
    """Choose a file; one's own files of the last day."""
    return _index(UploadForm())


def _index(form: UploadForm) -> str:
    with site().database.transaction() as db:
        delete_old(db, now())
    with site().database.reading() as db:
        drafts = drafts_of(db, sessions.member().id, now())
    return render(
        "admin/imports.html", form=form, drafts=drafts, columns=COLUMNS, stage_words=STAGE_WORDS
    )


@pages.post("/imports")
@access.for_staff
@access.takes_up_to(MAX_BYTES + _FORM_BYTES)
def upload() -> AnyResponse | tuple[str, int]:
    """Keep a file and look through it."""
    file = request.files.get("file")
    raw = file.read() if file else b""
    if file is None or not raw:
        form = UploadForm()
        missing = _("Choose a file.") if file is None or not file.filename else _("It is empty.")
        form.file.errors = [missing]
        return _index(form), 422
    with site().database.reading() as db:
        profiles = site().clinics.all(db)
    result = read_appointments(raw, profiles, now=now())
    name = (file.filename or "").rpartition("/")[2][:200]
    draft = new_draft(sessions.member().id, name, raw, result, now())
    with site().database.transaction() as db:
        delete_old(db, now())
        db.add(draft)
        db.flush()
        about: dict[str, str | int] = {
            "good_rows": len(result.rows),
            "bad_rows": len(bad_of(draft).rows),
            "sha256": draft.sha256[:12],
        }
        audit.record(db, Action.IMPORT_PREVIEWED, _entity(draft), detail=about)
    go_on(site(), draft, SLICE_SECONDS, _applied(draft))
    return redirect(url_for("admin.imports.show", draft_id=draft.id), 303)


@pages.get("/imports/<int:draft_id>")
@access.for_staff
def show(draft_id: int) -> str:
    """How far a file is; once it was looked through, what it would do or did."""
    draft = _own(draft_id)
    if draft.stage in AT_WORK:
        return render("admin/import_progress.html", **_progress(draft))
    preview = _preview(draft)
    audit.note(Action.IMPORT_VIEWED, _entity(draft), detail={"shown": len(preview["lines"])})
    return render("admin/import.html", **preview)


@pages.post("/imports/<int:draft_id>/go-on")
@access.for_staff
def continue_(draft_id: int) -> AnyResponse | str:
    """Work on a file for another moment."""
    draft = _own(draft_id)
    go_on(site(), draft, SLICE_SECONDS, _applied(draft))
    draft = _own(draft_id)
    target = url_for("admin.imports.show", draft_id=draft_id)
    if not wants_part():
        return redirect(target, 303)
    if draft.stage in AT_WORK:
        return render_part("admin/_import_progress.html", **_progress(draft))
    answer = make_response("", 200)
    answer.headers["HX-Redirect"] = target
    return answer


@pages.post("/imports/<int:draft_id>/apply")
@access.for_staff
def apply(draft_id: int) -> AnyResponse | tuple[str, int]:
    """Apply what is shown, and nothing else."""
    draft = _own(draft_id)
    target = redirect(url_for("admin.imports.show", draft_id=draft_id), 303)
    if draft.stage != Stage.SHOWN or request.form.get("mark") != mark_of(draft):
        flash(_("This is not what you looked at any more. Look at it again."), "warning")
        return target
    summary = summed(outcomes_of(draft))
    if summary.is_unusual and request.form.get("sure") != _sure(summary):
        mistake = _("Say that so many are to be moved or cancelled, or discard the file.")
        return render("admin/import.html", **_preview(draft), mistake=mistake), 422
    with site().database.transaction() as db:
        if not take_place(db, draft.id, Stage.SHOWN, draft.position):
            abort(409)
        advance(db, draft.id, stage=Stage.CHECKING, position=0, has_moved_on=False)
    go_on(site(), _own(draft_id), SLICE_SECONDS, _applied(draft))
    return target


@pages.post("/imports/<int:draft_id>/discard")
@access.for_staff
def discard(draft_id: int) -> AnyResponse:
    """Forget a file; what was applied of it stays."""
    draft = _own(draft_id)
    with site().database.transaction() as db:
        delete_draft(db, draft_id)
        audit.record(db, Action.IMPORT_DISCARDED, _entity(draft), detail={"stage": draft.stage})
    flash(_("The file was discarded."), "good")
    return redirect(url_for("admin.imports.index"), 303)


@pages.get("/imports/<int:draft_id>/bad-rows.csv")
@access.for_staff
def bad_rows(draft_id: int) -> Response:
    """The bad rows as they came, and what is wrong with each."""
    draft = _own(draft_id)
    bad = bad_of(draft).rows
    audit.note(Action.IMPORT_BAD_ROWS_EXPORTED, _entity(draft), detail={"rows": len(bad)})
    heads = (*COLUMNS, "row", "what_is_wrong")
    return csv_response("prepline-bad-rows.csv", heads, _bad_cells(bad))


def _bad_cells(bad: Sequence[BadRow]) -> Iterator[Sequence[str]]:
    for each in bad:
        why = [" ".join(filter(None, (p.column, f"{p.what}; {p.instead}"))) for p in each.problems]
        yield (*(each.cells.get(name, "") for name in COLUMNS), str(each.row), ". ".join(why))


def _own(draft_id: int) -> ImportDraft:
    with site().database.reading() as db:
        draft = draft_of(db, draft_id, sessions.member().id)
    if draft is None:
        abort(404)
    return draft


def _entity(draft: ImportDraft) -> Entity:
    return Entity("import_draft", str(draft.id))


def _applied(draft: ImportDraft) -> Applied:
    """Writes down what was applied, with its last piece."""

    def write(db: Session, outcomes: Sequence[Outcome]) -> None:
        counts = {change.value: count for change, count in summed(outcomes).counts.items()}
        audit.record(db, Action.IMPORT_APPLIED, _entity(draft), detail=counts)

    return write


def _sure(summary: Summary) -> str:
    return f"{summary.moved_ahead}-{summary.cancelled_ahead}-{summary.ahead}"


def _progress(draft: ImportDraft) -> dict[str, object]:
    """How far it is, in pieces. To apply a file is to check it first, so that is the first half."""
    whole = len(pieces_of(rows_of(draft)))
    applies = draft.stage != Stage.LOOKING
    done = draft.position + (whole if draft.stage == Stage.APPLYING else 0)
    words = STAGE_WORDS[Stage(draft.stage)]
    return {"draft": draft, "words": words, "done": done, "total": whole * (1 + applies)}


def _preview(draft: ImportDraft) -> dict[str, Any]:
    with site().database.reading() as db:
        clinics = list(site().clinics.all(db).values())
    outcomes = sorted(outcomes_of(draft), key=lambda each: each.row)
    summary, bad = summed(outcomes), bad_of(draft)
    wanted = request.args.get("change", "")
    listed = [each for each in outcomes if wanted in ("", each.change)]
    start = row_key(request.args.get("from")) or 0
    bad_start = row_key(request.args.get("bad_from")) or 0
    return {
        "draft": draft,
        "is_applied": draft.stage == Stage.APPLIED,
        "summary": summary,
        "sure": _sure(summary),
        "mark": mark_of(draft),
        "bad": bad.rows[bad_start : bad_start + PAGE_SIZE],
        "bad_total": len(bad.rows),
        "bad_start": bad_start,
        "notes": bad.notes[:PAGE_SIZE],
        "columns": COLUMNS,
        "lines": _lines(draft, listed[start : start + PAGE_SIZE], clinics),
        "listed": len(listed),
        "start": start,
        "page_size": PAGE_SIZE,
        "wanted": wanted if wanted in set(Change) else "",
        "change_words": CHANGE_WORDS,
    }


def _lines(draft: ImportDraft, outcomes: Sequence[Outcome], clinics: list[Profile]) -> list[Line]:
    by_number = {row.row: row for row in rows_of(draft)}
    return [Line(each, by_number.get(each.row), zone_of(each.clinic, clinics)) for each in outcomes]
