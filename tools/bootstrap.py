"""Make `.venv` with the locked dependencies; with --dev also all that the tests need.

Run from the repository root: `python3 -m tools.bootstrap [--dev]`. Standard library only. What was
installed is stamped, so that a second run finds nothing to do and ends at once.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tools import local_env, machine
from tools.machine import SetupError

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
APP_LOCK = ROOT / "requirements.txt"
DEV_LOCK = ROOT / "requirements-dev.txt"  # holds the app's lock as well
VENV_PACKAGE = machine.Program(
    "Python's venv module",
    [f"python3.{sys.version_info[1]}-venv"],
    lambda: importlib.util.find_spec("ensurepip"),
)


def main() -> int:
    """Set up; 0 when everything is in place, 1 after one line that says what is not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also linters, test tools, programs")
    dev = parser.parse_args().dev
    try:
        require_python()
        ensure_venv()
        ensure_installed([DEV_LOCK, APP_LOCK] if dev else [APP_LOCK])
        if dev:
            ensure_programs()
        local_env.write_if_absent()
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    return 0


def require_python() -> None:
    """Raise SetupError if this Python is too old for the app."""
    if sys.version_info[:2] < OLDEST:
        here = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(
            f"Python 3.11 or newer is needed, this is {here}. "
            "Name a newer one, for example: make setup PYTHON=python3.12"
        )


def ensure_venv() -> None:
    """Make `.venv` unless a working one is there; a broken one is made anew."""
    if _venv_version():
        return
    machine.ensure([VENV_PACKAGE])
    print("Making .venv ...", flush=True)
    machine.run_quietly(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], f"{VENV} could not be made"
    )


def _venv_version() -> str | None:
    """The Python version of `.venv`, or None if it is absent, broken or too old."""
    probe = "import sys; print(sys.version if sys.version_info >= (3, 11) else '')"
    try:
        answer = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() or None


def ensure_installed(locks: list[Path]) -> None:
    """Install the first lock, which holds the others, unless the stamps say that it is there."""
    version = _venv_version()
    stamps = {_stamp(lock): _digest(lock, version) for lock in locks}
    if all(stamp.is_file() and stamp.read_text() == digest for stamp, digest in stamps.items()):
        return
    print(f"Installing {locks[0].name} into .venv (about half a minute) ...", flush=True)
    _ensure_pip()
    # -qq: pip warns at length about every local package directory that is configured but absent.
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    machine.run_quietly(
        [*pip, "--require-hashes", "-r", str(locks[0])], f"{locks[0].name} could not be installed"
    )
    for stamp, digest in stamps.items():
        stamp.write_text(digest)


def _ensure_pip() -> None:
    """Mend a venv whose making was interrupted before pip got in."""
    has_pip = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
    if has_pip.returncode != 0:
        machine.run_quietly(
            [str(PYTHON), "-m", "ensurepip"],
            ".venv has no pip; remove .venv and try again",
        )


def _stamp(lock: Path) -> Path:
    return VENV / f".installed-{lock.stem}"


def _digest(lock: Path, version: str | None) -> str:
    return hashlib.sha256(f"{version}\n".encode() + lock.read_bytes()).hexdigest()


def ensure_programs() -> None:
    """PostgreSQL (unless TEST_DATABASE_URL names a server) and Chromium, for the tests."""
    needed = [machine.POSTGRESQL, machine.CHROMIUM]
    if os.environ.get("TEST_DATABASE_URL"):
        needed.remove(machine.POSTGRESQL)
    machine.ensure(needed)


if __name__ == "__main__":
    sys.exit(main())
