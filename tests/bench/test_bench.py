"""The benchmarks run, say what they measured, and judge it by the run's own figures.

Nothing here looks at how fast anything was.
"""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench import turn
from bench.__main__ import main
from bench.measure import (
    QUICK,
    Figure,
    Limit,
    Target,
    alternate,
    by_round,
    ratios,
)
from bench.places import sqlite_url
from bench.report import table
from bench.texts import MENU_KEYS, Patients, phone_numbers, settings_for
from carrier.phones import is_person
from db.session import Database
from tests.support import postgres
from tests.support.processes import ROOT

AT_MOST_2 = Target(Limit.AT_MOST, 2.0)


@pytest.fixture(scope="module")
def quick(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: postgres.Server
) -> tuple[str, dict[str, Any]]:
    """What a quick run of every lane printed and wrote; its databases are on the tests' server,
    since a server of its own for each lane takes a second of computing."""
    folder = tmp_path_factory.mktemp("bench")
    server = postgres_server.admin.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--out", folder],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (written,) = folder.glob("*.json")
    assert f"Written to {written}" in done.stdout
    content: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return done.stdout, content


def test_every_lane_is_measured(quick: tuple[str, dict[str, Any]]) -> None:
    _, content = quick
    figures = content["figures"]
    assert content["quick"]
    assert {each["lane"] for each in figures} == {
        *("turn", "voice turn", "engine", "prompts", "claim", "dispatch", "backlog", "import"),
        *("site", "understanding"),
    }
    for each in figures:
        rounds = each["rounds"]
        assert rounds, each["note"]
        assert all(value >= 0 for value in rounds)
        assert [each["min"], each["max"]] == [min(rounds), max(rounds)]
        assert each["median"] == statistics.median(rounds)
        assert len(rounds) == QUICK.rounds or each["lane"] in ("import", "backlog", "understanding")


def test_ratios_come_from_the_rounds_of_both_sides(quick: tuple[str, dict[str, Any]]) -> None:
    figures = {each["name"]: each for each in quick[1]["figures"] if each["lane"] == "turn"}
    for database in ("SQLite", "PostgreSQL"):
        whole = figures[f"{database}: whole signed turn, mean"]["rounds"]
        bare = figures[f"{database}: bare route, mean"]["rounds"]
        ratio = figures[f"{database}: whole signed turn / bare route"]
        assert ratio["rounds"] == [one / other for one, other in zip(whole, bare, strict=True)]
        assert ratio["target"] == {"at_most": 2.0}
        assert ratio["met"] == (ratio["median"] <= 2.0)


def test_the_machine_is_described(quick: tuple[str, dict[str, Any]]) -> None:
    machine = quick[1]["machine"]
    assert machine["cores"] >= 1
    assert machine["python"] == ".".join(map(str, sys.version_info[:3]))
    assert machine["date"].endswith("Z")
    assert {"flask", "sqlalchemy", "msgspec"} <= set(machine["packages"])


def test_the_table_has_a_line_for_each_figure(quick: tuple[str, dict[str, Any]]) -> None:
    printed, content = quick
    lines = printed.splitlines()
    assert lines[0].split() == ["lane", "figure", "unit", "min", "median", "max", "target", "met"]
    for each in content["figures"]:
        assert any(line.startswith(each["lane"]) and each["name"] in line for line in lines)


def test_one_lane_can_be_run_alone_with_a_server_of_its_own(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["claim", "--quick", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (written,) = tmp_path.glob("*.json")
    content = json.loads(written.read_text(encoding="utf-8"))
    assert {each["lane"] for each in content["figures"]} == {"claim"}
    assert len({each["name"] for each in content["figures"] if each["rounds"]}) == 6


def test_an_unknown_lane_is_told_the_known_ones(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["turns", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "'turn', 'voice turn', 'engine', 'understanding', 'prompts'" in done.output
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("limit", "rounds", "met"),
    [
        (Limit.AT_MOST, (1.0, 2.0, 9.0), True),
        (Limit.AT_MOST, (1.0, 2.1, 2.2), False),
        (Limit.AT_LEAST, (1.0, 2.0, 2.1), True),
        (Limit.AT_LEAST, (1.9, 1.9, 9.0), False),
        (Limit.AT_MOST, (), None),
    ],
)
def test_the_median_is_held_against_the_target(
    limit: Limit, rounds: tuple[float, ...], met: bool | None
) -> None:
    figure = Figure("lane", "name", "ratio", rounds, Target(limit, 2.0))
    assert figure.is_met is met


def test_a_missed_target_and_a_missing_measurement_are_seen_in_the_table() -> None:
    missed = Figure("turn", "SQLite: a / b", "ratio", (3.0, 4.0, 5.0), AT_MOST_2)
    missing = Figure("turn", "PostgreSQL: a / b", "ratio", (), AT_MOST_2, "none here")
    _, first, second, note = table([missed, missing]).splitlines()
    assert first.split()[-6:] == ["3", "4", "5", "<=", "2", "NO"]
    assert "not measured" in second
    assert note == "PostgreSQL: none here"


def test_sides_alternate_and_the_first_round_is_left_out() -> None:
    calls: list[str] = []

    def side(name: str) -> float:
        calls.append(name)
        return calls.count(name)

    sides = {"a": lambda: side("a"), "b": lambda: side("b")}
    found = alternate(sides, replace(QUICK, rounds=5))
    assert calls[:6] == ["a", "b", "b", "a", "a", "b"]
    assert found["a"] == found["b"] == (2, 3, 4, 5, 6)
    assert ratios(found["a"], (1.0, 2.0, 4.0, 5.0, 6.0)) == (2.0, 1.5, 1.0, 1.0, 1.0)
    assert by_round([1, 2, 3, 4, 5, 6], 2) == [[1, 2], [3, 4], [5, 6]]


def test_each_phone_writes_the_script_in_turn_and_every_round_all_of_it() -> None:
    patients = Patients(8, MENU_KEYS, settings_for("sqlite:///none.db"))
    rounds = [_senders_and_bodies(patients) for _ in MENU_KEYS]
    for each in rounds:
        assert sorted(body for _, body in each) == sorted(MENU_KEYS)
    written = [body for each in rounds for sender, body in each if sender == rounds[0][0][0]]
    assert tuple(written) == MENU_KEYS


def _senders_and_bodies(patients: Patients) -> list[tuple[str, str]]:
    bare = [
        dict(part.split("=", 1) for part in _body(environ).split("&"))
        for environ in patients.signed_texts(8)
    ]
    return [(form["From"], form["Body"]) for form in bare]


def _body(environ: dict[str, Any]) -> str:
    sent: bytes = environ["wsgi.input"].read()
    return sent.decode()


def test_the_bare_route_refuses_what_is_not_signed() -> None:
    with sqlite_url() as url:
        settings = settings_for(url)
        database = Database(url)
        client = turn.bare_app(settings, database).test_client()
        answer = client.post("/sms/inbound", data={"MessageSid": "SM1", "From": "x", "Body": "1"})
        database.close()
    assert answer.status_code == 403


def test_there_are_enough_different_phones_and_each_may_be_a_patients() -> None:
    numbers = list(phone_numbers())
    assert len(numbers) == len(set(numbers)) >= 10_000
    assert all(map(is_person, numbers))
