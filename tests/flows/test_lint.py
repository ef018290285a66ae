"""The content check: one broken sample for each rule, and none of its problems as shipped.

A sample is a folder with only the changed files, as `flask flows check --with FOLDER` takes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.content import segments_of
from flows.library import CONTENT, ContentError, load_library
from flows.lint import FACTS, Problem, check
from tests.support.csv_files import ROOT, sample_profiles

DATA = ROOT / "tests" / "data" / "flows"
PROFILES = list(sample_profiles().values())

PROBLEMS = {
    "alias-command": ("bone_health.menu.stronger", "which is a command everywhere"),
    "alias-opt-out": ("bone_health.menu.stronger", "which switches messages off or on"),
    "alias-twice": ("bone_health.menu.stronger", "says 'Bone-Scan', as 'weak_bones' does"),
    "digits-differ": ("bone_health.weak_bones", "'es' has other digits than the English"),
    "fact-unknown": ("bone_health.weak_bones", "'F99', which is not a known fact"),
    "fact-untold": ("F21", "is told nowhere"),
    "fact-untold-at-one": ("F21", "is told nowhere at iowa-radiology"),
    "key-reserved": ("bone_health.menu.follow_up", "has the key '9'; options have the keys 1 to 8"),
    "key-twice": ("bone_health.menu.follow_up", "has the key 2, as 'stronger' has"),
    "label-missing": ("bone_health.menu.stronger", "has no label in 'es'"),
    "language-missing": ("bone_health.weak_bones", "has no wording in 'es'"),
    "menu-without-options": ("bone_health.empty", "is a dead end"),
    "message-missing": ("messages.welcome", "is missing"),
    "message-unused": ("messages.farewell", "is used nowhere"),
    "moved-but-there": ("bone_health.stronger", "is said to have moved, but still exists"),
    "moved-to-nowhere": ("bone_health.old", "moved to 'bone_health.nowhere', which does not exist"),
    "next-unresolved": ("bone_health.menu", "leads to 'bone_health.nowhere', which does not exist"),
    "node-unreachable": ("bone_health.lost", "can't be reached from the main menu"),
    "placeholder-torn": ("bone_health.weak_bones", "has a { or } without its other half (en)"),
    "placeholder-unknown": ("bone_health.weak_bones", "'{surgeon}', which stands for nothing"),
    "placeholders-differ": ("bone_health.weak_bones", "'es' has other placeholders"),
    "reading-grade": ("bone_health.weak_bones", "reads at grade"),
    "reminder-tells": ("messages.reminder_day_before", "says 'kypho' (en)"),
    "reminder-tells-aloud": ("messages.reminder_day_before", "says 'cifoplast' (es)"),
    "source-missing": ("bone_health.follow_up", "states something without naming its source"),
    "start-missing": ("main.menu", "is missing"),
    "switch-incomplete": ("bone_health.by_stay", "where to go for same_day_or_short_stay"),
    "too-deep": ("bone_health.deep", "is 4 texts from the main menu"),
    "too-long": ("bone_health.weak_bones", "takes 4 segments (en, "),
    "translation-stale": ("bone_health.weak_bones", "then write of: 918bc97a"),
    "voice-symbol": ("bone_health.weak_bones", "has '/' in its voice wording (en)"),
}
NOT_EVEN_LOADED = {
    "field-unknown": "Object contains unknown field `colour` - at `$.nodes.weak_bones`",
    "flow-misnamed": "the flow calls itself 'bones', the file 'bone_health'",
}


def problems_with(changes: Path | None) -> list[Problem]:
    return check(load_library(CONTENT, changes), PROFILES, segments_of)


def test_shipped_content_is_in_order() -> None:
    assert problems_with(None) == []


def test_sample_that_the_broken_ones_are_made_from_is_in_order() -> None:
    assert problems_with(DATA / "good") == []


def test_every_broken_sample_has_its_line_here() -> None:
    folders = {folder.name for folder in (DATA / "broken").iterdir()}
    assert folders == PROBLEMS.keys() | NOT_EVEN_LOADED.keys()


@pytest.mark.parametrize("rule", PROBLEMS)
def test_broken_sample_has_just_its_problem(rule: str) -> None:
    place, what = PROBLEMS[rule]
    found = problems_with(DATA / "broken" / rule)
    assert found
    assert {problem.place for problem in found} == {place}
    assert all(what in problem.what for problem in found)


@pytest.mark.parametrize("rule", NOT_EVEN_LOADED)
def test_file_of_another_form_is_not_loaded(rule: str) -> None:
    with pytest.raises(ContentError) as caught:
        load_library(CONTENT, DATA / "broken" / rule)
    (problem,) = caught.value.problems
    assert problem.startswith("bone_health.yaml: ")
    assert NOT_EVEN_LOADED[rule] in problem


def test_facts_are_those_that_may_be_stated() -> None:
    assert len(FACTS) == 37
    assert min(FACTS) == "F01"
    assert max(FACTS) == "F37"


def flows_check(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as it is typed, in an environment that has no settings."""
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "flows", "check", *arguments],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_command_passes_what_ships() -> None:
    done = flows_check()
    assert (done.returncode, done.stderr) == (0, "")
    assert "are in order" in done.stdout


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("alias-twice", "bone_health.menu.stronger: says 'Bone-Scan', as 'weak_bones' does\n"),
        ("field-unknown", "Error: bone_health.yaml: Object contains unknown field `colour`"),
    ],
)
def test_command_fails_with_a_message(rule: str, message: str) -> None:
    done = flows_check("--with", str(DATA / "broken" / rule))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr
