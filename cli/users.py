"""Commands for the accounts of the clinic's own people."""

from __future__ import annotations

from typing import Final

import click
from sqlalchemy.orm import Session

from admin import link_address
from cli.common import plain_errors, ready_database, ready_settings
from db import staff as accounts
from db.audit import SERVER, Action, Entity, record
from db.staff import NewStaff, Role, StaffError
from db.staff_models import Staff
from scheduler.clocks import wall_clock

_WITH_ADDRESS: Final = frozenset({"DATABASE_URL", "PUBLIC_BASE_URL"})


@click.group("users")
def users_group() -> None:
    """Staff who may sign in to the coordinators' site."""


@users_group.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="coordinator")
@click.option("--name", default="", help="As colleagues know the person; else from the address.")
@plain_errors
def users_add(email: str, role: str, name: str) -> None:
    """Make an account for EMAIL; prints a one-time link to set the password."""
    with ready_settings(_WITH_ADDRESS) as (database, settings), database.transaction() as session:
        known = accounts.staff_by_email(session, accounts.plain_email(email))
        if known is not None:
            raise StaffError(
                f"{known.email} has an account already ({known.role}, {_state(known)}); nothing "
                f"was changed. For a new one-time link: flask users link {known.email}"
            )
        person = accounts.add_staff(session, NewStaff(email, name, Role(role)), wall_clock())
        _record(session, Action.STAFF_ADDED, person)
        secret = accounts.issue_link(session, person, wall_clock())
    click.echo(f"{person.email} is a {person.role} now.")
    _tell(link_address(settings.public_base_url, secret))


@users_group.command("link")
@click.argument("email")
@plain_errors
def users_link(email: str) -> None:
    """Print a new one-time link for EMAIL; earlier ones end. Opens a deactivated account."""
    with ready_settings(_WITH_ADDRESS) as (database, settings), database.transaction() as session:
        person = _known(session, email)
        if not person.active:
            person.active = True
            _record(session, Action.STAFF_REACTIVATED, person)
        secret = accounts.issue_link(session, person, wall_clock())
        _record(session, Action.STAFF_LINK_MADE, person)
    _tell(link_address(settings.public_base_url, secret))


@users_group.command("list")
@plain_errors
def users_list() -> None:
    """List the accounts."""
    with ready_database() as database, database.reading() as session:
        for person in accounts.all_staff(session):
            click.echo(f"{person.email}  {person.role}  {_state(person)}")


@users_group.command("deactivate")
@click.argument("email")
@plain_errors
def users_deactivate(email: str) -> None:
    """Shut EMAIL out, at once and everywhere. Nothing that the person did is deleted."""
    with ready_database() as database, database.transaction() as session:
        person = _known(session, email)
        accounts.shut_out(person)
        _record(session, Action.STAFF_DEACTIVATED, person)
    click.echo(f"{person.email} is deactivated and signed out everywhere.")


def _known(session: Session, email: str) -> Staff:
    person = accounts.staff_by_email(session, email)
    if person is None:
        raise StaffError("There is no account for this e-mail address. See: flask users list")
    return person


def _record(session: Session, action: Action, person: Staff) -> None:
    entity = Entity("staff", str(person.id))
    record(session, SERVER, action, entity, at=wall_clock(), detail={"role": person.role})


def _state(person: Staff) -> str:
    if not person.active:
        return "deactivated"
    if accounts.is_locked(person, wall_clock()):
        return "locked"
    return "active" if person.password_hash else "no password yet"


def _tell(address: str) -> None:
    click.echo("This link sets the password. It works once, within 72 hours:")
    click.echo(address)
