"""Commands that change what is stored: they say what they did, and do it whole or not at all."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Engine

from db import migrate
from db.clinics import Clinics
from db.models import Base
from db.session import Database
from tests.support import postgres
from tests.support.commands import invoke
from tests.support.csv_files import ROOT, csv_file
from tests.support.data import stored_clinic
from tests.support.processes import free_port

ARA = ROOT / "clinics" / "ara-health.yaml"
OTHER = {"first_name": "Ada", "phone": "(828) 555-0199"}
FAR = {"starts_at": "2031-12-01T08:30"}


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has, without the empty ones."""
    with database.reading() as session:
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count}


def written(folder: Path, content: bytes | str, name: str = "file") -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


class TestDbUpgrade:
    def test_it_migrates_and_says_so(self, bare_url: str) -> None:
        for _ in range(2):
            result = invoke("db", "upgrade", database_url=bare_url)
            assert result.exit_code == 0
            assert result.stdout == f"The database is at schema {migrate.newest_revision()}.\n"

    def test_commands_before_it_say_what_to_run(self, bare_url: str, tmp_path: Path) -> None:
        file = written(tmp_path, csv_file({}))
        for words in (
            ("clinics", "load", str(ARA)),
            ("appointments", "import", file),
            ("reminders", "list"),
            ("tasks", "list"),
        ):
            result = invoke(*words, database_url=bare_url)
            assert result.exit_code == 1
            assert "nothing was changed. Run: flask db upgrade" in result.stderr

    def test_a_database_that_is_down_is_told_in_plain_words(self) -> None:
        url = f"postgresql://prepline:pass-word@127.0.0.1:{free_port()}/prepline"
        for words in (("db", "upgrade"), ("reminders", "list"), ("clinics", "load", str(ARA))):
            result = invoke(*words, database_url=url)
            assert result.exit_code == 1
            assert result.stderr.startswith("Error: The database can't be reached")
            assert "pass-word" not in result.output


class TestClinicsLoad:
    def load(self, database: Database, file: str) -> str:
        result = invoke("clinics", "load", file, database_url=database.url)
        assert result.exit_code == 0, result.output
        return result.stdout

    def test_new_unchanged_changed(self, database: Database, tmp_path: Path) -> None:
        renamed = ARA.read_text(encoding="utf-8").replace("name: ARA Health", "name: ARA West")
        assert self.load(database, str(ARA)) == "ara-health: new\n"
        assert self.load(database, str(ARA)) == "ara-health: unchanged\n"
        assert self.load(database, written(tmp_path, renamed)) == "ara-health: changed\n"
        with database.reading() as session:
            assert [profile.name for profile in Clinics().all(session).values()] == ["ARA West"]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("time_zone: America/New_York", "time_zone: New York"), "time_zone"),
            (("procedures:", "procedures: ["), "not readable as YAML"),
            (("id: ara-health", "id: ara-health\nid: again"), "written twice"),
        ],
    )
    def test_a_mistake_is_told_and_the_profile_in_use_stays(
        self, database: Database, tmp_path: Path, change: tuple[str, str], said: str
    ) -> None:
        self.load(database, str(ARA))
        renamed = ARA.read_text(encoding="utf-8").replace("name: ARA Health", "name: ARA West")
        wrong = written(tmp_path, renamed.replace(*change, 1), "wrong.yaml")
        result = invoke("clinics", "load", wrong, database_url=database.url)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Error: wrong.yaml: " in result.stderr
        assert said in result.stderr
        assert self.load(database, str(ARA)) == "ara-health: unchanged\n"

    @pytest.mark.parametrize("is_known", [False, True])
    def test_an_approved_text_that_the_site_would_refuse(
        self, database: Database, tmp_path: Path, is_known: bool
    ) -> None:
        if is_known:
            self.load(database, str(ARA))
        before = rows(database)
        changed = ARA.read_text(encoding="utf-8").replace("name: ARA Health", "name: ARA West")
        for good, bad in (
            ("Park in the visitor lot by the main door.", "Park in lot A/B."),
            ("traiga la lista a recepción.", "traiga 2 copias."),
        ):
            assert good in changed
            changed = changed.replace(good, bad)
        file = written(tmp_path, changed, "wrong.yaml")
        result = invoke("clinics", "load", file, database_url=database.url)
        assert (result.exit_code, result.stdout) == (1, "")
        parking, allergies, last = result.stderr.splitlines()
        assert parking.startswith("Error: wrong.yaml: approved_texts.clinic.parking.text.en: ")
        assert "it has '/', which can't be spoken in a call" in parking
        assert allergies.startswith("wrong.yaml: approved_texts.prep.allergies.text.es: ")
        assert allergies.endswith("it has other digits than the English wording")
        assert last == "Nothing was loaded."
        assert rows(database) == before

    def test_an_approved_text_too_long_for_a_text_message(
        self, database: Database, tmp_path: Path
    ) -> None:
        short = "Park in the visitor lot by the main door."
        long = ARA.read_text(encoding="utf-8").replace(short, f"{short} " + "Ask us there. " * 40)
        file = written(tmp_path, long, "wrong.yaml")
        result = invoke("clinics", "load", file, database_url=database.url)
        assert result.exit_code == 1
        assert "approved_texts.clinic.parking.text.en: it takes" in result.stderr
        assert rows(database) == {}

    @pytest.mark.parametrize(
        "file", sorted((ROOT / "clinics").glob("*.yaml")), ids=lambda f: f.stem
    )
    def test_the_samples_load(self, database: Database, file: Path) -> None:
        assert self.load(database, str(file)).endswith(": new\n")

    def test_a_number_that_another_clinic_has(self, database: Database, tmp_path: Path) -> None:
        self.load(database, str(ARA))
        other = ARA.read_text(encoding="utf-8").replace("id: ara-health", "id: another")
        result = invoke("clinics", "load", written(tmp_path, other), database_url=database.url)
        assert result.exit_code == 1
        assert "belongs to the clinic ara-health already" in result.stderr
        assert rows(database) == {"clinic": 1, "profile_version": 1, "audit": 1}

    def test_a_file_that_is_no_text(self, database: Database, tmp_path: Path) -> None:
        wrong = written(tmp_path, b"id: \xff\xfe", "wrong.yaml")
        result = invoke("clinics", "load", wrong, database_url=database.url)
        assert result.exit_code == 1
        assert "save it as UTF-8" in result.stderr

    def test_a_file_that_is_not_there(self, database: Database) -> None:
        result = invoke("clinics", "load", "no-such.yaml", database_url=database.url)
        assert result.exit_code == 2
        assert "no-such.yaml" in result.stderr


class TestAppointmentsImport:
    def imported(
        self, database: Database, folder: Path, content: bytes, *options: str, code: int = 0
    ) -> tuple[list[str], str]:
        """What an import printed, line by line, and what it complained about."""
        words = ("appointments", "import", written(folder, content), *options)
        result = invoke(*words, database_url=database.url)
        assert result.exit_code == code, result.output
        return result.stdout.splitlines(), result.stderr

    def test_it_says_what_each_row_did(self, database: Database, tmp_path: Path) -> None:
        stored_clinic(database)
        first = csv_file(FAR, FAR, FAR, FAR)
        lines, _ = self.imported(database, tmp_path, first)
        assert lines == [
            *(f"new: A-100{number}" for number in range(1, 5)),
            "4 new, 0 moved, 0 cancelled, 0 updated, 0 unchanged, 0 bad",
        ]
        assert rows(database) == {
            "clinic": 1,
            "contact": 1,
            "patient": 1,
            "consent_change": 2,
            "appointment": 4,
            "reminder": 12,
        }
        second = csv_file(
            {**FAR, "procedure": "vertebroplasty"},
            {"starts_at": "2031-12-02T08:30"},
            {**FAR, "status": "cancelled"},
            FAR,
            FAR,
        )
        lines, _ = self.imported(database, tmp_path, second)
        assert lines == [
            "updated: A-1001",
            "moved: A-1002",
            "cancelled: A-1003",
            "new: A-1005",
            "1 new, 1 moved, 1 cancelled, 1 updated, 1 unchanged, 0 bad",
        ]

    def test_the_same_file_again_changes_nothing(self, database: Database, tmp_path: Path) -> None:
        stored_clinic(database)
        content = csv_file(
            FAR, {**FAR, "status": "cancelled"}, {**FAR, **OTHER, "sms_consent": "no"}
        )
        self.imported(database, tmp_path, content)
        before = rows(database)
        lines, _ = self.imported(database, tmp_path, content)
        assert lines == ["0 new, 0 moved, 0 cancelled, 0 updated, 3 unchanged, 0 bad"]
        assert rows(database) == before

    def test_a_dry_run_tells_all_and_changes_nothing(
        self, database: Database, tmp_path: Path
    ) -> None:
        stored_clinic(database)
        content = csv_file(*[FAR] * 120, {"phone": "none"})
        lines, _ = self.imported(database, tmp_path, content, "--dry-run", code=1)
        assert lines[-1] == (
            "120 new, 0 moved, 0 cancelled, 0 updated, 0 unchanged, 1 bad"
            " (dry run: nothing was changed)"
        )
        assert len(lines) == 121
        assert rows(database) == {"clinic": 1}

    def test_bad_rows_are_told_and_stop_nothing_else(
        self, database: Database, tmp_path: Path
    ) -> None:
        stored_clinic(database)
        bad = {**FAR, "phone": "555", "date_of_birth": "17.5.44", "last_name": "Secretname"}
        content = csv_file(FAR, bad, {**FAR, "clinic": "iowa-radiology"}, FAR)
        lines, complaints = self.imported(database, tmp_path, content, code=1)
        assert lines == [
            "new: A-1001",
            "new: A-1004",
            "2 new, 0 moved, 0 cancelled, 0 updated, 0 unchanged, 2 bad",
        ]
        problems = complaints.splitlines()
        assert [problem.split(": ")[:2] for problem in problems] == [
            ["problem", "row 3, date_of_birth"],
            ["problem", "row 3, phone"],
            ["problem", "row 4, clinic"],
        ]
        assert "Secretname" not in complaints
        assert rows(database)["appointment"] == 2

    @pytest.mark.parametrize("content", [b"", b"external_id\nA-1\n", b"\xff\xfe\x00"])
    def test_a_file_that_is_no_such_file(
        self, database: Database, tmp_path: Path, content: bytes
    ) -> None:
        stored_clinic(database)
        lines, complaints = self.imported(database, tmp_path, content, code=1)
        assert lines[-1].startswith("0 new, 0 moved, 0 cancelled, 0 updated, 0 unchanged, ")
        assert complaints.startswith("problem: ")
        assert rows(database) == {"clinic": 1}

    def test_names_as_long_as_a_file_may_hold(self, database: Database, tmp_path: Path) -> None:
        """A name grows as it is made comparable: ß becomes ss."""
        stored_clinic(database)
        long = {**FAR, "first_name": "ß" * 100, "last_name": "ß" * 100}
        self.imported(database, tmp_path, csv_file(long))
        lines, _ = self.imported(database, tmp_path, csv_file(long))
        assert "1 unchanged" in lines[-1]

    def test_a_database_lost_on_the_way_is_told_with_what_is_in(
        self, postgres_server: postgres.Server, tmp_path: Path
    ) -> None:
        """Every connection is cut as the second hundred rows are about to be committed."""
        end_others = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        commits = count(1)
        with postgres_server.database() as url, closing(Database(url)) as database:
            migrate.upgrade(url)
            stored_clinic(database)

            def cut(_connection: object) -> None:
                if next(commits) == 2:
                    with database.reading() as session:
                        session.execute(end_others)

            words = ("appointments", "import", written(tmp_path, csv_file(*[FAR] * 250)))
            event.listen(Engine, "commit", cut)
            try:
                result = invoke(*words, database_url=url)
            finally:
                event.remove(Engine, "commit", cut)
            assert result.exit_code == 1
            assert "100 of the good rows are in" in result.stderr
            again = invoke(*words, database_url=url)
            assert "150 new, 0 moved, 0 cancelled, 0 updated, 100 unchanged" in again.stdout
