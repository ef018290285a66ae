"""Finding and installing programs, with stand-ins for apt-get and sudo on PATH."""

import os
import shutil
from pathlib import Path

import pytest

from tools import machine
from tools.machine import Program, SetupError, ensure, find_postgresql

PROGRAM = Program("Thing", ["thing", "thing-fonts"], lambda: shutil.which("thing"))


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH, with a shell."""
    for name in ("sh", "touch", "chmod", "true"):
        real = shutil.which(name)
        assert real
        (tmp_path / name).symlink_to(real)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def apt_get(path: Path, on_install: str, on_update: str = "true") -> None:
    """An apt-get that notes its arguments, and for its two commands does what is given."""
    script(
        path / "apt-get",
        f'echo "$@" >> {path / "log"}\n'
        f'case " $* " in *" install "*) {on_install};; *" update "*) {on_update};; esac',
    )


def sudo(path: Path) -> None:
    script(path / "sudo", f'echo sudo >> {path / "log"}\nshift\nexec "$@"')


def test_nothing_happens_where_the_program_is_there(path: Path) -> None:
    script(path / "thing", "")
    ensure([PROGRAM])
    assert not (path / "log").exists()


def test_without_apt_get_one_line_says_what_to_install(path: Path) -> None:
    assert path.is_dir()
    with pytest.raises(SetupError, match=r"^Thing not found.*apt-get install thing thing-fonts$"):
        ensure([PROGRAM])


def test_without_root_and_sudo_one_line_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    apt_get(path, "false")
    with pytest.raises(SetupError, match=r"^Thing not found.*apt-get install thing thing-fonts$"):
        ensure([PROGRAM])
    script(path / "sudo", "exit 1")  # it would ask for a password
    with pytest.raises(SetupError, match=r"^Thing not found"):
        ensure([PROGRAM])


@pytest.mark.parametrize("user", [0, 1000])
def test_packages_are_installed_as_root(
    path: Path, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    apt_get(path, f"touch {path}/thing; chmod +x {path}/thing")
    sudo(path)
    ensure([PROGRAM])
    log = (path / "log").read_text().splitlines()
    assert log[-1].endswith("install -y --no-install-recommends thing thing-fonts")
    assert ("sudo" in log) == (user != 0)


def test_package_lists_are_fetched_when_needed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    install = f"[ -e {path}/updated ] && touch {path}/thing && chmod +x {path}/thing"
    apt_get(path, install, on_update=f"touch {path}/updated")
    ensure([PROGRAM])
    log = (path / "log").read_text().splitlines()
    assert ["update" in line for line in log] == [False, True, False]


def test_a_failure_shows_what_apt_get_said(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    apt_get(path, "echo no such package; exit 100")
    with pytest.raises(SetupError, match="could not be installed"):
        ensure([PROGRAM])
    assert "no such package" in capsys.readouterr().out


def test_an_installation_that_brings_nothing_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    apt_get(path, "true")
    with pytest.raises(SetupError, match="Thing not found, though thing thing-fonts"):
        ensure([PROGRAM])


def test_the_newest_postgresql_of_debian_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        binaries = tmp_path / version / "bin"
        binaries.mkdir(parents=True)
        (binaries / "initdb").touch()
    assert find_postgresql(tmp_path) == tmp_path / "17" / "bin"


def test_else_postgresql_is_looked_for_on_the_path(path: Path) -> None:
    assert find_postgresql(path / "none") is None
    script(path / "initdb", "")
    assert find_postgresql(path / "none") == path


def test_chromium_goes_by_several_names(path: Path) -> None:
    assert machine.find_chromium() is None
    script(path / "google-chrome", "")
    assert machine.find_chromium() == str(path / "google-chrome")
