"""Every change of a profile is a version; edits on the site outlive the file; on both databases."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from db.audit import SERVER, Actor
from db.clinics import Clinics
from db.models import Audit, Clinic
from db.profile_versions import (
    edit_profile,
    edited_parts,
    load_profile,
    locked_profile,
    version_of,
    versions_of,
)
from db.session import Database
from profile_parts import with_parts
from profiles import Profile, ProfileError, SendWindow, profile_from_json
from tests.support.commands import invoke
from tests.support.csv_files import NOW, ROOT, sample_profiles
from tests.support.data import stored_clinic
from tests.support.waiting import wait_until
from tests.support.web import lock_waits

ARA = sample_profiles()["ara-health"]
FILE = (ROOT / "clinics" / "ara-health.yaml").read_text(encoding="utf-8")
SOMEBODY = Actor(None, "manager@example.org")
LATER = NOW + dt.timedelta(hours=1)


def edit(database: Database, **parts: object) -> int | None:
    """Edit parts as a manager does; `cap` for the messages a day."""
    with database.transaction() as session:
        stored = locked_profile(session, ARA.id)
        assert stored is not None
        names = {"cap": "messages_per_day", "window": "send_window"}
        edited = with_parts(stored, {names[name]: part for name, part in parts.items()})  # type: ignore[misc] # values of any part
        return edit_profile(session, edited, SOMEBODY, LATER)


def load(database: Database, file: Profile, *, overwrite: bool = False) -> tuple[str, list[str]]:
    with database.transaction() as session:
        loaded = load_profile(session, file, SERVER, LATER, overwrite=overwrite)
    return loaded.outcome, list(loaded.kept)


def current(database: Database) -> Profile:
    with database.reading() as session:
        return Clinics().all(session)[ARA.id]


def versions(database: Database) -> list[tuple[int, str, str, list[str]]]:
    with database.reading() as session:
        found = versions_of(session, ARA.id, 10)
    return [(each.number, each.who, each.source, json.loads(each.parts)) for each in found]


def behind(database: Database) -> int | None:
    with database.reading() as session:
        return session.get_one(Clinic, ARA.id).replan_after


def test_a_clinic_of_before_begins_with_the_profile_it_had(database: Database) -> None:
    stored_clinic(database)
    assert versions(database) == []
    assert edit(database, cap=2) == 2
    assert versions(database) == [
        (2, "manager@example.org", "site", ["messages_per_day"]),
        (1, "command line", "file", []),
    ]
    with database.reading() as session:
        first = version_of(session, ARA.id, 1)
        assert first is not None
        assert profile_from_json(first.profile) == ARA
        assert first.at == NOW
        assert version_of(session, ARA.id, 3) is None
        assert [each.number for each in versions_of(session, ARA.id, 5, before=2)] == [1]


def test_an_edit_that_changes_nothing_is_no_version(database: Database) -> None:
    stored_clinic(database)
    assert edit(database, cap=ARA.messages_per_day) is None
    assert versions(database) == []


def test_the_file_leaves_what_was_edited_and_says_so(database: Database) -> None:
    assert load(database, ARA) == ("new", [])
    edit(database, cap=2)
    assert load(database, ARA) == ("unchanged", ["messages_per_day"])
    renamed = msgspec.structs.replace(ARA, name="ARA West", messages_per_day=7)
    assert load(database, renamed) == ("changed", ["messages_per_day"])
    assert (current(database).name, current(database).messages_per_day) == ("ARA West", 2)
    with database.reading() as session:
        assert edited_parts(session, ARA.id) == ["messages_per_day"]
    assert [number for number, *_ in versions(database)] == [3, 2, 1]


def test_an_edit_that_the_file_takes_over_is_the_file_s_again(database: Database) -> None:
    load(database, ARA)
    edit(database, cap=2)
    agreed = msgspec.structs.replace(ARA, messages_per_day=2)
    assert load(database, agreed) == ("unchanged", [])
    with database.reading() as session:
        assert edited_parts(session, ARA.id) == []
    assert load(database, ARA) == ("changed", [])
    assert current(database) == ARA


def test_an_edit_that_is_undone_is_no_edit(database: Database) -> None:
    load(database, ARA)
    edit(database, cap=2)
    edit(database, cap=ARA.messages_per_day)
    changed = msgspec.structs.replace(ARA, messages_per_day=7)
    assert load(database, changed) == ("changed", [])


def test_overwriting_takes_the_file_whole(database: Database) -> None:
    load(database, ARA)
    edit(database, cap=2)
    assert load(database, ARA, overwrite=True) == ("changed", [])
    assert current(database) == ARA
    assert versions(database)[0] == (3, "command line", "file", ["messages_per_day"])


def test_only_rules_that_plan_make_reminders_catch_up(database: Database) -> None:
    load(database, ARA)
    assert behind(database) is None
    edit(database, cap=2)
    assert behind(database) is None
    edit(database, window=SendWindow(opens=dt.time(9)))
    assert behind(database) == 0


def test_a_file_that_does_not_go_with_an_edit_is_refused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database, ARA)
    edit(database, cap=2)
    monkeypatch.setattr("db.profile_versions.problems_of", lambda _profile: ["name: is wrong"])
    with pytest.raises(ProfileError, match="with what was edited on the site: name: is wrong"):
        load(database, msgspec.structs.replace(ARA, name="X"))
    assert current(database).name == ARA.name


def test_the_second_of_two_edits_waits_and_loses_nothing(postgres_url: str) -> None:
    with closing(Database(postgres_url)) as database, ThreadPoolExecutor(1) as pool:
        load(database, ARA)
        with database.transaction() as session:
            stored = locked_profile(session, ARA.id)
            assert stored is not None
            waiting = pool.submit(edit, database, cap=2)
            wait_until("the second waits", lambda: lock_waits(database) == 1)
            later = with_parts(stored, {"send_window": SendWindow(opens=dt.time(9))})
            assert edit_profile(session, later, SOMEBODY, LATER) == 2
        assert waiting.result(10) == 3
        assert (current(database).messages_per_day, current(database).send_window.opens) == (
            *(2, dt.time(9)),
        )


def test_the_command_says_what_it_kept(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "clinic.yaml"
    file.write_text(FILE, encoding="utf-8")
    invoke("clinics", "load", str(file), database_url=database.url)
    edit(database, cap=2)
    again = invoke("clinics", "load", str(file), database_url=database.url)
    assert (again.exit_code, again.stdout) == (0, "ara-health: unchanged\n")
    assert "kept as it was edited on the site: messages_per_day" in again.stderr
    assert "--overwrite" in again.stderr
    taken = invoke("clinics", "load", str(file), "--overwrite", database_url=database.url)
    assert taken.stdout == "ara-health: changed\n"
    assert current(database) == ARA
    with database.reading() as session:
        entries = session.scalars(select(Audit.action)).all()
    assert entries == ["profile_loaded", "profile_loaded"]
