"""Programs that the tests need beside Python: where they are, and Debian packages for absent ones.

Standard library only, and readable by older Pythons: `tools.bootstrap` imports it first of all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

DEBIAN_POSTGRESQL = Path("/usr/lib/postgresql")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# Debian's PostgreSQL package makes and starts a server of its own unless told not to. The tests
# start a private one, so for the time of the installation the machine is told not to.
WITHOUT_A_CLUSTER = """
drop_in=/etc/postgresql-common/createcluster.d/prepline-tests.conf
mkdir -p "${drop_in%/*}"
echo 'create_main_cluster = false' > "$drop_in"
trap 'rm -f "$drop_in"' EXIT
"""

INSTALL = """
set -e
{before}
export DEBIAN_FRONTEND=noninteractive
install() {{ apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends {packages}; }}
install || {{ apt-get -qq update && install; }}
"""


class SetupError(Exception):
    """Set-up cannot go on; the text says in one line why and what to do."""


@dataclass(frozen=True)
class Program:
    """Something to be found on this machine, and the Debian packages that bring it."""

    name: str
    packages: Sequence[str]
    find: Callable[[], object]
    before: str = ""


def find_postgresql(debian: Path = DEBIAN_POSTGRESQL) -> Path | None:
    """The directory of `initdb` and `postgres`: Debian's newest, or the one on PATH."""
    installed = [path.parent for path in debian.glob("*/bin/initdb")]
    if installed:
        return max(installed, key=_version)
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _version(binaries: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", binaries.parent.name)]


def find_chromium() -> str | None:
    """The path of a Chromium (or Chrome) that the browser tests can drive."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


POSTGRESQL = Program("PostgreSQL", ["postgresql"], find_postgresql, WITHOUT_A_CLUSTER)
CHROMIUM = Program("Chromium", ["chromium", "fonts-liberation"], find_chromium)


def ensure(programs: Sequence[Program]) -> None:
    """Install what is absent from Debian's packages.

    Raises SetupError, naming what to install, where that is not possible.
    """
    absent = [program for program in programs if not program.find()]
    if not absent:
        return
    packages = " ".join(package for program in absent for package in program.packages)
    names = " and ".join(program.name for program in absent)
    become_root = _root_prefix()
    if become_root is None:
        raise SetupError(
            f"{names} not found, and installing takes root and apt-get. "
            f"On Debian: sudo apt-get install {packages}"
        )
    print(f"Installing {names} (Debian packages: {packages}) ...", flush=True)
    script = INSTALL.format(
        before="\n".join(program.before for program in absent), packages=packages
    )
    run_quietly(
        [*become_root, "sh", "-c", script],
        f"{names} could not be installed; try by hand: apt-get install {packages}",
    )
    still_absent = [program.name for program in absent if not program.find()]
    if still_absent:
        raise SetupError(
            f"{' and '.join(still_absent)} not found, though {packages} were installed."
        )


def _root_prefix() -> list[str] | None:
    """What to put before a command so that it runs as root, or None if it cannot here."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if allowed.returncode == 0 else None


def run_quietly(command: Sequence[str], failure: str) -> None:
    """Run a command whose output matters only if it fails: then print it and raise SetupError."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stdout, flush=True)
        raise SetupError(f"{failure} (exit {done.returncode}; its output is above)")
