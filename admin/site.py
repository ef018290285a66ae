"""What every page works with, and how a page gets at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import current_app

from carrier.recordings import Recordings
from db.clinics import Clinics
from db.session import Database

ROOT: Final = "/admin"
_KEY: Final = "prepline_admin"


@dataclass(frozen=True, slots=True)
class Site:
    """The parts that pages are made from. `public_base_url` has no trailing slash.

    `calling_number` is what the worker calls from where a clinic has no number of its own.
    `recordings` are the voice messages that the carrier keeps.
    """

    database: Database
    clinics: Clinics
    clock: Callable[[], dt.datetime]
    public_base_url: str
    recordings: Recordings
    calling_number: str | None = None

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the site over TLS."""
        return self.public_base_url.startswith("https://")


def put_site(extensions: dict[str, object], site: Site) -> None:
    """Make a site the one of this app."""
    extensions[_KEY] = site


def site() -> Site:
    """The site of the app that answers this request."""
    found = current_app.extensions[_KEY]
    if not isinstance(found, Site):
        raise TypeError("this app has no admin site")
    return found


def now() -> dt.datetime:
    """This moment by the app's clock, UTC."""
    return site().clock()


def is_ours(path: str) -> bool:
    """Whether a path belongs to the site."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def link_address(public_base_url: str, secret: str) -> str:
    """The whole address of a one-time link."""
    return f"{public_base_url}{ROOT}/welcome/{secret}"
