"""Set-up from nothing, with real virtual environments and a small package made on the spot."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tools import bootstrap
from tools.machine import SetupError

DIST_INFO = "tiny-1.0.dist-info"
WHEEL = {
    "tiny.py": "",
    f"{DIST_INFO}/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
    f"{DIST_INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{DIST_INFO}/RECORD": "",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose locks ask for one tiny package, by its hash."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__*__"))
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for lock in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / lock).write_text(f"tiny @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    return tmp_path


def set_up(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.bootstrap"],
        cwd=checkout,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_a_broken_venv_then_again_then_with_a_bad_lock(checkout: Path) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    first = set_up(checkout)
    assert first.returncode == 0, first.stderr
    assert "Making .venv" in first.stdout
    python = checkout / ".venv" / "bin" / "python"
    subprocess.run([python, "-c", "import tiny"], check=True)
    local_env = (checkout / "var" / "local.env").read_text()

    second = set_up(checkout)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (checkout / "var" / "local.env").read_text() == local_env

    lock = checkout / "requirements.txt"
    good = lock.read_text()
    lock.write_text(good.replace("sha256:", "sha256:0")[:-2] + "\n")
    third = set_up(checkout)
    assert third.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in third.stdout
    assert third.stderr.startswith("Set-up stopped: requirements.txt could not be installed")
    assert third.stderr.count("\n") == 1

    lock.write_text(good)
    assert set_up(checkout).stdout == ""


def test_an_old_python_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    with pytest.raises(SetupError, match=r"Python 3\.11 or newer is needed, this is 3\.10\.4"):
        bootstrap.require_python()


def test_the_app_lock_lies_within_the_developer_lock() -> None:
    assert releases(ROOT / "requirements.txt") <= releases(ROOT / "requirements-dev.txt")


def releases(lock: Path) -> set[str]:
    """Every requirement of a lock with its markers and hashes."""
    return set(lock.read_text(encoding="utf-8").replace("\\\n", " ").splitlines())
