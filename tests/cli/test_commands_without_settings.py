"""Which commands need settings, and what the others say without: a message, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import settings
from tests.support.commands import flask, invoke
from tests.support.csv_files import ROOT

CLINIC = str(ROOT / "clinics" / "ara-health.yaml")
NEED_A_DATABASE = [
    ("db", "upgrade"),
    ("clinics", "load", CLINIC),
    ("appointments", "import", CLINIC),
    ("reminders", "list"),
    ("tasks", "list"),
]
NEED_NOTHING = [("ask", "hello"), ("flows", "graph"), ("ask", "--help"), ("db", "--help")]


@pytest.fixture(autouse=True)
def no_local_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a machine where nobody has run `make setup`."""
    monkeypatch.setattr(settings, "LOCAL_FILE", tmp_path / "local.env")


@pytest.mark.parametrize("words", NEED_A_DATABASE, ids=" ".join)
def test_a_command_for_the_database_says_that_it_needs_one(words: tuple[str, ...]) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "DATABASE_URL is missing" in result.stderr
    assert "one setting is wrong" in result.stderr


@pytest.mark.parametrize("words", NEED_A_DATABASE, ids=" ".join)
def test_a_malformed_setting_is_told(words: tuple[str, ...]) -> None:
    result = invoke(*words, database_url="mysql://u:s3cret@h/d")
    assert result.exit_code == 1
    assert "DATABASE_URL is not well formed" in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.parametrize("words", NEED_NOTHING, ids=" ".join)
def test_other_commands_need_nothing(words: tuple[str, ...]) -> None:
    result = invoke(*words)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout


def test_the_database_alone_is_enough_for_its_commands(sqlite_url: str) -> None:
    for words in (*NEED_A_DATABASE[:2], *NEED_A_DATABASE[3:]):
        assert invoke(*words, database_url=sqlite_url).exit_code == 0, words


def test_as_a_person_meets_it() -> None:
    """A process of its own, with a setting that keeps it from using this machine's local file."""
    done = flask("db", "upgrade", env={"PUBLIC_BASE_URL": "https://bot.example.org"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: Prepline can't start: one setting is wrong.")
    assert "Traceback" not in done.stderr


def test_the_help_lists_every_command() -> None:
    done = flask("--help")
    assert done.returncode == 0
    for command in ("db", "clinics", "appointments", "reminders", "tasks", "flows", "ask"):
        assert re.search(rf"^  {command} +\S", done.stdout, re.MULTILINE), command
