"""Commands that change what is stored: the schema, clinics and appointments."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from admin.content_topics import shipped_places
from appointment_csv import CsvResult, read_appointments
from appointment_import import import_piece, pieces
from appointments import Change, replan_clinic
from cli.common import plain_errors, ready_database
from cli.content import segments_of
from db.audit import SERVER, Action, Entity, record
from db.clinics import Clinics
from db.migrate import newest_revision, upgrade
from db.profile_versions import load_profile
from db.session import Database, DatabaseDownError
from flows.library import default_library
from flows.lint_approved import check_approved
from profiles import Profile, ProfileError, parse_profile
from scheduler.clocks import wall_clock
from settings import DATABASE_ONLY, Settings
from sms.render import unread
from voice.render import line_down


@click.group("db")
def db_group() -> None:
    """The database's schema."""


@db_group.command("upgrade")
@plain_errors
def db_upgrade() -> None:
    """Bring the database to this release's schema."""
    upgrade(Settings.from_environment(needed=DATABASE_ONLY).database_url)
    click.echo(f"The database is at schema {newest_revision()}.")


@click.group("clinics")
def clinics_group() -> None:
    """Clinics and their profiles."""


@clinics_group.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--overwrite",
    is_flag=True,
    help="Take the file's values also for what was edited on the coordinators' site since.",
)
@plain_errors
def clinics_load(file: Path, *, overwrite: bool) -> None:
    """Create or update the clinic that FILE describes.

    What was edited on the coordinators' site stays as it is there, and is named. An approved text
    is held to the rules of the site's own form; with one that breaks them, nothing is loaded.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        message = f"{file.name}: not readable as text; save it as UTF-8 and try again"
        raise click.ClickException(message) from error
    profile = parse_profile(text, file.name)
    _check_texts(profile, file.name)
    with ready_database() as database:
        now = wall_clock()
        with database.transaction() as session:
            loaded = load_profile(session, profile, SERVER, now, overwrite=overwrite)
            if loaded.outcome != "unchanged":
                about = Entity("clinic", profile.id)
                record(session, SERVER, Action.PROFILE_LOADED, about, at=now, clinic_id=profile.id)
        is_changed = loaded.outcome == "changed"
        replanned = replan_clinic(database, profile.id, now) if is_changed else 0
    click.echo(f"{profile.id}: {loaded.outcome}")
    if replanned:
        click.echo(f"{replanned} reminders have new times.")
    for part in loaded.kept:
        click.echo(f"kept as it was edited on the site: {part}", err=True)
    if loaded.kept:
        click.echo("To take what the file says, load it with --overwrite.", err=True)


def _check_texts(profile: Profile, file: str) -> None:
    """Raises `ProfileError` for approved texts that the site would not take either."""
    library, places = default_library(), shipped_places()
    problems = [
        f"{file}: approved_texts.{topic}.text.{language}: it {what}"
        for topic, approved in profile.approved_texts.items()
        for language, what in check_approved(
            library,
            profile,
            approved.text,
            places[topic].refs if topic in places else (),
            segments_of,
        )
    ]
    if problems:
        raise ProfileError([*problems, "Nothing was loaded."])


@clinics_group.command("fallback")
@click.argument("clinic_id", metavar="CLINIC")
@click.option("--text", "is_text", is_flag=True, help="The answer to a text in place of a call.")
@plain_errors
def clinics_fallback(clinic_id: str, *, is_text: bool) -> None:
    """Print what the carrier is to say while Prepline does not answer.

    It is a TwiML document with the clinic's name and its desk's number, to be put on another host.
    """
    with ready_database() as database, database.reading() as session:
        profile = Clinics().get(session, clinic_id)
    if profile is None:
        raise click.ClickException(f"There is no clinic {clinic_id}. Load its file first.")
    library = default_library()
    click.echo(unread(library, profile) if is_text else line_down(library, profile))


@click.group("appointments")
def appointments_group() -> None:
    """Appointments."""


@appointments_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@plain_errors
def appointments_import(file: Path, *, dry_run: bool) -> None:
    """Book, move and cancel the appointments in the CSV FILE.

    Bad rows stop nothing else; the exit code is 1 if there were any.
    """
    with ready_database() as database:
        with database.reading() as session:
            profiles = Clinics().all(session)
        result = read_appointments(file.read_bytes(), profiles)
        changes = _import(database, profiles, result, dry_run=dry_run)
    _report(result, changes, dry_run=dry_run)
    if result.problems:
        sys.exit(1)


def _import(
    database: Database, profiles: dict[str, Profile], result: CsvResult, *, dry_run: bool
) -> list[tuple[Change, str]]:
    changes: dict[int, tuple[Change, str]] = {}
    try:
        for piece in pieces(result.rows):
            with database.transaction() as session:
                done = import_piece(session, profiles, piece, wall_clock())
                if dry_run:
                    session.rollback()
            changes |= {
                row.row: (change, row.external_id) for row, change in zip(piece, done, strict=True)
            }
    except DatabaseDownError as error:
        if dry_run or not changes:
            raise
        message = (
            f"The database can't be reached any more; {len(changes)} of the good rows are in, "
            "the others are not. Import the file again once the database is back: "
            "what is in already will count as unchanged."
        )
        raise click.ClickException(message) from error
    return [changes[row] for row in sorted(changes)]


def _report(result: CsvResult, changes: list[tuple[Change, str]], *, dry_run: bool) -> None:
    for change, external_id in changes:
        if change is not Change.UNCHANGED:
            click.echo(f"{change.value}: {external_id}")
    for note in result.notes:
        click.echo(f"note: {note}")
    for problem in result.problems:
        click.echo(f"problem: {problem}", err=True)
    counts = Counter(change for change, _ in changes)
    summary = ", ".join(f"{counts[change]} {change.value}" for change in Change)
    bad = len({problem.row for problem in result.problems})
    click.echo(f"{summary}, {bad} bad{' (dry run: nothing was changed)' if dry_run else ''}")
