"""Write the two hashed locks from pyproject.toml, with uv in a virtual environment of its own.

The app's lock is resolved within the developer lock, so that both name the same releases. Neither
may name a registry: whoever installs chooses where packages come from.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEV_LOCK = "requirements-dev.txt"
APP_LOCK = "requirements.txt"
COMPILE = [
    "pip",
    "compile",
    "pyproject.toml",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--quiet",
]


def main(options: list[str]) -> int:
    """Write both locks; `options` go to uv, for example --upgrade."""
    with tempfile.TemporaryDirectory(prefix="prepline-lock-") as temporary:
        venv.create(temporary, with_pip=True)
        python = Path(temporary, "bin", "python")
        run([str(python), "-m", "pip", "install", "-qq", "uv"])
        uv = str(python.with_name("uv"))
        run([uv, *COMPILE, "--extra=dev", f"--output-file={DEV_LOCK}", *options])
        run([uv, *COMPILE, f"--constraint={DEV_LOCK}", f"--output-file={APP_LOCK}", *options])
    for name in (DEV_LOCK, APP_LOCK):
        if "://" in (ROOT / name).read_text(encoding="utf-8"):
            print(f"{name} names an address; take it out of uv's configuration.", file=sys.stderr)
            return 1
        print(f"Wrote {name}")
    return 0


def run(command: list[str]) -> None:
    """Run in the repository root; a failure ends the script with the command's own output."""
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
