"""The commands and files with which people and hosts set up and run the product."""

import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest

from settings import ALL, NAMES, Settings, parse_env_file
from tests.support.processes import ROOT, running

LEFT_OUT = {"node_modules", "var", "__pycache__"}
STEPS = ("ruff check", "ruff format", "types", "floors", "flows and content", "tests")

# Built from pieces: this file is searched as well.
ADDRESSES = re.compile(
    "|".join(
        [
            r"pypi\." + "org",
            r"pythonhosted\." + "org",
            r"registry\.npmjs\." + "org",
            r"registry\.yarnpkg\." + "com",
            "--(extra-)?" + "index-url",
            "--find" + "-links",
            r'"resolved": *"' + "https?://",
        ]
    )
)


def make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shutil.which("make") or "make", "--no-print-directory", *words],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_the_targets() -> None:
    listed = make().stdout
    assert listed == make("help").stdout
    for target in ("demo", "test", "bench", "setup", "lock", "clean"):
        assert re.search(rf"^  make {target} +[A-Z]\w+", listed, re.MULTILINE)


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """Stand-ins for the programs of `make test` that only say their names."""
    for name in ("ruff", "mypy", "lint-imports", "flask", "pytest"):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\necho "ran {name} $1"\n')
        path.chmod(0o755)
    return tmp_path


def test_make_test_names_every_step(steps: Path) -> None:
    done = make("test", "PYTHON=true", f"BIN={steps}")
    assert done.returncode == 0
    assert re.findall("^== (.*)", done.stdout, re.MULTILINE) == list(STEPS)
    assert done.stdout.count("ran ") == len(STEPS)


def test_make_test_stops_at_the_first_failure(steps: Path) -> None:
    (steps / "mypy").write_text("#!/bin/sh\nexit 3\n")
    done = make("test", "PYTHON=true", f"BIN={steps}")
    assert done.returncode == 2
    assert 'Stopped: "types" failed (exit 3)' in done.stderr
    assert "lint-imports" not in done.stdout


def test_an_absent_python_is_told_in_one_line() -> None:
    done = make("setup", "PYTHON=no-such-python")
    assert done.returncode == 2
    assert done.stderr.startswith("Python 3.11 or newer is needed")


def test_ci_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"


def test_the_example_lists_every_setting_with_a_comment() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    paragraphs = text.split("\n\n")
    for name in (*NAMES, "PORT"):
        (paragraph,) = [each for each in paragraphs if re.search(rf"^(# )?{name}=", each, re.M)]
        assert paragraph.startswith("# ")
    filled = {
        **parse_env_file(text),
        "SECRET_KEY": "x" * 43,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "0" * 32,
        "TWILIO_FROM_NUMBER": "+18285550110",
    }
    assert Settings.from_environment(filled, ALL).api_base_url is None


def gunicorn_settings(monkeypatch: pytest.MonkeyPatch, database: str) -> dict[str, object]:
    values = {
        "DATABASE_URL": database,
        "SECRET_KEY": "x" * 43,
        "PUBLIC_BASE_URL": "https://prepline.example.org",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "0" * 32,
        "TWILIO_FROM_NUMBER": "+18285550110",
        "PORT": "9123",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


@pytest.mark.parametrize(
    ("database", "workers"), [("sqlite:///x.db", 1), ("postgresql://host/prepline", 2)]
)
def test_gunicorn_takes_one_worker_on_sqlite(
    monkeypatch: pytest.MonkeyPatch, database: str, workers: int
) -> None:
    conf = gunicorn_settings(monkeypatch, database)
    assert (conf["workers"], conf["worker_class"], conf["threads"]) == (workers, "gthread", 8)
    assert conf["bind"] == ":9123"
    assert conf["accesslog"] is None


def test_gunicorn_ends_with_the_settings_own_message() -> None:
    with running("gunicorn", "app:create_app()", env={"DATABASE_URL": "nonsense"}) as process:
        assert process.wait() == 1
    said = "\n".join(process.lines)
    assert said.startswith("Prepline can't start")
    assert "DATABASE_URL is not well formed" in said
    assert "Traceback" not in said


def test_processes_of_a_host() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["release", "web", "worker"]


def test_no_file_names_a_package_registry() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in files(ROOT)
        if ADDRESSES.search(path.read_bytes().decode("utf-8", errors="ignore"))
    ]
    assert named == []
    assert ADDRESSES.search("--find" + "-links /somewhere")


def files(directory: Path) -> list[Path]:
    """Every file of the tree but what tools keep for themselves."""
    found = []
    for path in sorted(directory.iterdir()):
        if path.is_file():
            found.append(path)
        elif path.name not in LEFT_OUT and (not path.name.startswith(".") or path.name == ".ci"):
            found += files(path)
    return found
