"""What this installation is told from outside, read from the environment once and checked.

Every mistake is reported in one go, so that a person setting the product up mends them in one go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

LOCAL_FILE: Final = Path(__file__).parent / "var" / "local.env"

NAMES: Final = (
    "DATABASE_URL",
    "SECRET_KEY",
    "PUBLIC_BASE_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_FROM_NUMBER",
    "TWILIO_API_BASE_URL",
    "VOICE_FALLBACK_URL",
)
ALL: Final = frozenset(NAMES) - {"TWILIO_API_BASE_URL", "VOICE_FALLBACK_URL"}
DATABASE_ONLY: Final = frozenset({"DATABASE_URL"})


class SettingsError(Exception):
    """The environment is not complete or not right; `str()` is a message for the operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process. Secrets are left out of `repr`.

    `public_base_url` is what Twilio calls and signs, without a trailing slash. `auth_tokens` holds
    one token, or two while one takes over from the other; the first is used for sending.
    `api_base_url` is `None` for Twilio itself. `voice_fallback_url` is what Twilio asks when this
    app does not answer a call of ours, with `{clinic}` for the clinic's id; `None` if there is
    nothing of the kind.
    """

    database_url: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    public_base_url: str = ""
    account_sid: str = ""
    auth_tokens: tuple[str, ...] = field(default=(), repr=False)
    messaging_service_sid: str | None = None
    from_number: str | None = None
    api_base_url: str | None = None
    voice_fallback_url: str | None = None

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] | None = None, needed: frozenset[str] = ALL
    ) -> Settings:
        """Read the settings; names outside `needed` may be missing but never malformed.

        Without an `environ`, the process's own environment counts; only where that names none of
        our settings, the file that `make setup` writes for local use does. The two never mix.
        Raises `SettingsError` that names every missing and malformed setting.
        """
        values = dict(environ) if environ is not None else _own_environment()
        problems = [*_missing(values, needed), *(_malformed(values) or _without_use(values))]
        if problems:
            raise SettingsError(_message(problems))
        return cls(
            database_url=database_url(values.get("DATABASE_URL", "")),
            secret_key=values.get("SECRET_KEY", ""),
            public_base_url=values.get("PUBLIC_BASE_URL", "").rstrip("/"),
            account_sid=values.get("TWILIO_ACCOUNT_SID", ""),
            auth_tokens=_tokens(values.get("TWILIO_AUTH_TOKEN", "")),
            messaging_service_sid=values.get("TWILIO_MESSAGING_SERVICE_SID") or None,
            from_number=values.get("TWILIO_FROM_NUMBER") or None,
            api_base_url=values.get("TWILIO_API_BASE_URL", "").rstrip("/") or None,
            voice_fallback_url=values.get("VOICE_FALLBACK_URL") or None,
        )


def _own_environment() -> dict[str, str]:
    values = {name: os.environ[name].strip() for name in NAMES if os.environ.get(name, "").strip()}
    if values or not LOCAL_FILE.exists():
        return values
    return parse_env_file(LOCAL_FILE.read_text(encoding="utf-8"))


def parse_env_file(text: str) -> dict[str, str]:
    """The `NAME=value` lines of an environment file; blank lines and `#` lines are passed over."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, value in pairs if not name.startswith("#")}


def database_url(url: str) -> str:
    """The same database by the name of the driver we use; other URLs come back unchanged."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return f"postgresql+psycopg://{url[len(prefix) :]}"
    return url


def _tokens(value: str) -> tuple[str, ...]:
    return tuple(token.strip() for token in value.split(",") if token.strip())


_MEANINGS: Final = {
    "DATABASE_URL": "the database, like postgresql://user:password@host/prepline or "
    "sqlite:///var/prepline.db",
    "SECRET_KEY": "a long random text that signs staff sessions; keep it secret",
    "PUBLIC_BASE_URL": "the address at which Twilio reaches this app, like https://bot.example.org",
    "TWILIO_ACCOUNT_SID": "the account's SID: AC and 32 more characters",
    "TWILIO_AUTH_TOKEN": "the account's auth token; two, with a comma between, while rotating",
    "TWILIO_MESSAGING_SERVICE_SID": "the messaging service to send from: MG and 32 more characters",
    "TWILIO_FROM_NUMBER": "the number to send from, like +18285550110",
    "TWILIO_API_BASE_URL": "another address to use in place of Twilio's, like http://127.0.0.1:8001",
    "VOICE_FALLBACK_URL": "an address on another host than PUBLIC_BASE_URL, like "
    "https://backup.example.org/{clinic}.xml",
}


def _missing(values: Mapping[str, str], needed: frozenset[str]) -> list[str]:
    senders = {"TWILIO_MESSAGING_SERVICE_SID", "TWILIO_FROM_NUMBER"}
    problems = [
        f"{name} is missing: {_MEANINGS[name]}"
        for name in NAMES
        if name in needed - senders and not values.get(name)
    ]
    if senders <= needed and not any(values.get(name) for name in senders):
        problems.append(
            "TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM_NUMBER is missing: what to send from"
        )
    return problems


def _is_database(url: str) -> bool:
    try:
        parts = make_url(database_url(url))
    except (ArgumentError, ValueError):
        return False
    if parts.get_backend_name() == "sqlite":
        return url.startswith("sqlite:///")
    return parts.drivername == "postgresql+psycopg"


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and port_is_fine
        and not (parts.query or parts.fragment)
    )


_FORMS: Final[dict[str, Callable[[str], bool]]] = {
    "DATABASE_URL": _is_database,
    "SECRET_KEY": lambda value: not value.startswith("replace-with"),
    "PUBLIC_BASE_URL": _is_base_url,
    "TWILIO_ACCOUNT_SID": lambda value: bool(re.fullmatch(r"AC[0-9A-Za-z]{32}", value)),
    "TWILIO_AUTH_TOKEN": lambda value: len(_tokens(value)) in (1, 2),
    "TWILIO_MESSAGING_SERVICE_SID": lambda value: bool(re.fullmatch(r"MG[0-9A-Za-z]{32}", value)),
    "TWILIO_FROM_NUMBER": lambda value: bool(re.fullmatch(r"\+[1-9]\d{6,14}|\d{5,6}", value)),
    "TWILIO_API_BASE_URL": _is_base_url,
    "VOICE_FALLBACK_URL": lambda value: _host_of(value) is not None,
}


def _host_of(url: str) -> str | None:
    """The host and port of an address; `None` for what is none, or has other braces."""
    plain = url.replace("{clinic}", "x")
    if not re.fullmatch(r"https?://[^\s{}#]+", plain):
        return None
    try:
        return urlsplit(plain).netloc or None
    except ValueError:
        return None


def _malformed(values: Mapping[str, str]) -> list[str]:
    return [
        f"{name} is not well formed: it must be {_MEANINGS[name]}"
        for name, is_well_formed in _FORMS.items()
        if values.get(name) and not is_well_formed(values[name])
    ]


def _without_use(values: Mapping[str, str]) -> list[str]:
    """A fallback that is away whenever we are."""
    names = ("VOICE_FALLBACK_URL", "PUBLIC_BASE_URL")
    fallback, ours = (values.get(name, "") for name in names)
    if not fallback or not ours or _host_of(fallback) != _host_of(ours):
        return []
    return [f"VOICE_FALLBACK_URL is of no use: it must be {_MEANINGS['VOICE_FALLBACK_URL']}"]


def _message(problems: list[str]) -> str:
    count = "one setting is" if len(problems) == 1 else f"{len(problems)} settings are"
    lines = "\n".join(f"  - {problem}" for problem in problems)
    return f"Prepline can't start: {count} wrong. See .env.example for all of them.\n{lines}"
