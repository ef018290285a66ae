"""`var/local.env`: settings for a demo on this machine, made once with secrets of its own.

Standard library only. The app reads this file when none of its variables is in the environment,
so that commands typed in another terminal find the demo's database.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

PATH = Path(__file__).resolve().parent.parent / "var" / "local.env"
DEMO_NUMBER = "+18285550110"


def demo_settings() -> dict[str, str]:
    """Settings of a new demo: SQLite under `var/`, the local emulator, random secrets."""
    return {
        "DATABASE_URL": "sqlite:///var/prepline.db",
        "SECRET_KEY": secrets.token_urlsafe(32),
        "PUBLIC_BASE_URL": "http://127.0.0.1:8000",
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_FROM_NUMBER": DEMO_NUMBER,
        "TWILIO_API_BASE_URL": "http://127.0.0.1:8001",
    }


def write_if_absent(path: Path = PATH) -> bool:
    """Make the file, readable by its owner alone. True if made, False if it was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name}={value}\n" for name, value in demo_settings().items()]
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return True


def set_addresses(port: int, path: Path = PATH) -> None:
    """Have the file name the ports of the demo that runs, the app's and the next one for the
    emulator, so that links made by commands in another terminal lead to it. The rest stays."""
    new = {
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{port + 1}",
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() not in new]
    lines = kept + [f"{name}={value}" for name, value in new.items()]
    if set(lines) == set(path.read_text(encoding="utf-8").splitlines()):
        return
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # for its owner alone
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
    Path(fresh).replace(path)


def read(path: Path = PATH) -> dict[str, str]:
    """The file's KEY=VALUE lines; blank lines and `#` comments are passed over."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
