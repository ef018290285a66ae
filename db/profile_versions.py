"""Changing a clinic's profile: from its file, on the site, back to an earlier version.

Whoever changes one locks the clinic's row first, as imports of the clinic do. Every change makes a
version that holds the whole profile; versions are added, never changed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.audit import COMMAND_LINE, Actor
from db.clinics import store_profile
from db.content_models import ProfileVersion
from db.models import Clinic
from profile_parts import changed_parts, merged, plans_alike
from profiles import Profile, ProfileError, problems_of, profile_from_json, profile_to_json


class Source(StrEnum):
    """Where a version comes from."""

    FILE = "file"
    SITE = "site"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a file did: new, changed or unchanged. `kept` are the parts that stay as they
    were edited on the site though the file says something else."""

    outcome: str
    kept: Sequence[str]


def locked_profile(session: Session, clinic_id: str) -> Profile | None:
    """A clinic's profile as it is now, its row locked until the transaction ends; `None` if there
    is no such clinic. Whoever changes appointments of the clinic waits."""
    clinic = _locked(session, clinic_id)
    return None if clinic is None else profile_from_json(clinic.profile)


def load_profile(
    session: Session, file: Profile, actor: Actor, now: dt.datetime, *, overwrite: bool = False
) -> Loaded:
    """Take in a clinic's file. What was edited on the site since stays, unless `overwrite`.

    Raises `NumberTakenError` if another clinic has the texting number, and `ProfileError` if the
    file and what stays do not go together.
    """
    clinic = _locked(session, file.id)
    if clinic is None:
        outcome = store_profile(session, file, now)
        session.flush()
        _add_version(session, file, [], actor, now, Source.FILE)
        return Loaded(outcome, ())
    stored = profile_from_json(clinic.profile)
    wanted, kept = file, list[str]()
    if not overwrite:
        base = profile_from_json(clinic.file_profile or clinic.profile)
        wanted, kept = merged(base, stored, file)
    problems = problems_of(wanted)
    if problems:
        raise ProfileError([f"with what was edited on the site: {each}" for each in problems])
    outcome = _store(session, clinic, wanted, now)
    clinic.file_profile = None if wanted == file else profile_to_json(file)
    if outcome == "changed":
        _begin(session, clinic.id, stored, clinic.loaded_at)
        _add_version(session, wanted, changed_parts(stored, wanted), actor, now, Source.FILE)
        clinic.loaded_at = now
    return Loaded(outcome, kept)


def edit_profile(
    session: Session,
    edited: Profile,
    actor: Actor,
    now: dt.datetime,
    *,
    restored_from: int | None = None,
) -> int | None:
    """Store a profile as it was edited on the site, its clinic locked by `locked_profile` in the
    same transaction. The number of the new version; `None` if nothing is different."""
    clinic = session.get_one(Clinic, edited.id)
    stored = profile_from_json(clinic.profile)
    parts = changed_parts(stored, edited)
    if not parts:
        return None
    _begin(session, clinic.id, stored, clinic.loaded_at)
    file = clinic.file_profile or clinic.profile
    _store(session, clinic, edited, clinic.loaded_at)
    clinic.file_profile = None if profile_from_json(file) == edited else file
    source = Source.SITE if restored_from is None else Source.RESTORED
    return _add_version(session, edited, parts, actor, now, source, restored_from)


def edited_parts(session: Session, clinic_id: str) -> list[str]:
    """The parts of a clinic's profile that are not as its file said when it was loaded last."""
    clinic = session.get_one(Clinic, clinic_id)
    if clinic.file_profile is None:
        return []
    return changed_parts(profile_from_json(clinic.file_profile), profile_from_json(clinic.profile))


def versions_of(
    session: Session, clinic_id: str, limit: int, before: int | None = None
) -> Sequence[ProfileVersion]:
    """A clinic's newest versions, at most `limit`, older than the number `before` if given."""
    query = select(ProfileVersion).where(ProfileVersion.clinic_id == clinic_id)
    if before is not None:
        query = query.where(ProfileVersion.number < before)
    return session.scalars(query.order_by(ProfileVersion.number.desc()).limit(limit)).all()


def version_of(session: Session, clinic_id: str, number: int) -> ProfileVersion | None:
    """One version by its number."""
    return session.scalar(
        select(ProfileVersion).where(
            ProfileVersion.clinic_id == clinic_id, ProfileVersion.number == number
        )
    )


def _locked(session: Session, clinic_id: str) -> Clinic | None:
    query = select(Clinic).where(Clinic.id == clinic_id).with_for_update(key_share=True)
    return session.scalar(query.execution_options(populate_existing=True))


def _store(session: Session, clinic: Clinic, profile: Profile, loaded_at: dt.datetime) -> str:
    """Store the profile; reminders that were planned by other rules are to catch up."""
    before = profile_from_json(clinic.profile)
    outcome = store_profile(session, profile, loaded_at)
    if not plans_alike(before, profile):
        clinic.replan_after = 0
    return outcome


def _begin(session: Session, clinic_id: str, stored: Profile, loaded_at: dt.datetime) -> None:
    """A clinic that was there before versions were kept begins with the profile it had."""
    if _newest_number(session, clinic_id) == 0:
        server = Actor(None, COMMAND_LINE)
        _add_version(session, stored, [], server, loaded_at, Source.FILE)


def _newest_number(session: Session, clinic_id: str) -> int:
    newest = select(func.max(ProfileVersion.number)).where(ProfileVersion.clinic_id == clinic_id)
    return session.scalar(newest) or 0


def _add_version(
    session: Session,
    profile: Profile,
    parts: Sequence[str],
    actor: Actor,
    now: dt.datetime,
    source: Source,
    restored_from: int | None = None,
) -> int:
    number = _newest_number(session, profile.id) + 1
    session.add(
        ProfileVersion(
            clinic_id=profile.id,
            number=number,
            at=now,
            staff_id=actor.staff_id,
            who=actor.email,
            source=source.value,
            restored_from=restored_from,
            parts=json.dumps(list(parts)),
            profile=profile_to_json(profile),
        )
    )
    session.flush()
    return number
