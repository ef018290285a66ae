"""`var/local.env`: settings for a demo on this machine, made once with secrets of its own.

Standard library only. The app reads this file when none of its variables is in the environment,
so that commands typed in another terminal find the demo's database.
"""

from __future__ import annotations

import os
import secrets
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


def read(path: Path = PATH) -> dict[str, str]:
    """The file's KEY=VALUE lines; blank lines and `#` comments are passed over."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}
