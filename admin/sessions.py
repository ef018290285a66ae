"""Who is signed in, since when, and when that ends.

The session is a signed cookie; what it says of times is checked here at every request by the app's
clock. It holds the account's epoch: raising that ends every session of the account.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

from flask import Flask, g, session
from flask_login import LoginManager, current_user, login_user, logout_user

from admin.site import Site, now, put_site, site
from db.audit import Actor
from db.staff import Role
from db.staff_models import Staff

IDLE: Final = dt.timedelta(minutes=30)
WHOLE: Final = dt.timedelta(hours=12)
HALF_WAY: Final = dt.timedelta(minutes=5)  # between the password and the code
_NOTICED: Final = dt.timedelta(seconds=60)


class Ending(StrEnum):
    """Why a session is over, or will be next."""

    IDLE = "idle"
    WHOLE = "whole"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How long the session of this request lasts if nothing is done, and what ends it then."""

    seconds: int
    ending: Ending


@dataclass(frozen=True, slots=True)
class Member:
    """The person who is signed in."""

    id: int
    email: str
    name: str
    role: Role
    has_second_step: bool

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """Their key, as Flask-Login wants it."""
        return str(self.id)

    @property
    def actor(self) -> Actor:
        """This person as the audit names them."""
        return Actor(self.id, self.email)

    @property
    def is_manager(self) -> bool:
        """Whether they look after accounts."""
        return self.role is Role.MANAGER


def set_up(app: Flask, the_site: Site) -> None:
    """Keep sessions in a cookie that scripts and other sites can't use."""
    put_site(app.extensions, the_site)
    app.config.update(
        SESSION_COOKIE_NAME="__Host-prepline" if the_site.is_https else "prepline",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=the_site.is_https,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    manager = LoginManager()
    manager.session_protection = None  # a tablet changes its address as it moves about
    manager.user_loader(_load)
    manager.init_app(app)


def start(staff: Staff) -> None:
    """Sign a person in, in a session that has nothing of the one before."""
    session.clear()
    login_user(_member(staff))
    moment = _stamp(now())
    session.update(epoch=staff.session_epoch, since=moment, seen=moment)


def end() -> None:
    """Forget the session in this browser."""
    logout_user()
    session.clear()


def signed_in() -> Member | None:
    """Who is signed in, if anybody."""
    user: Any = current_user
    return cast("Member", user._get_current_object()) if user.is_authenticated else None


def member() -> Member:
    """Who is signed in, on a page that only they can see."""
    found = signed_in()
    if found is None:
        raise LookupError("nobody is signed in")
    return found


def ending() -> Ending | None:
    """Why the session that came with this request is over; `None` if there was none."""
    found: Ending | None = g.get("prepline_ending")
    return found


def keep_alive() -> None:
    """Somebody is at work: the idle time begins anew."""
    moment = now()
    if moment - _moment(session["seen"]) < _NOTICED:
        return
    session["seen"] = _stamp(moment)
    with site().database.transaction() as db:
        staff = db.get(Staff, member().id)
        if staff is not None:
            staff.last_seen_at = moment


def time_left() -> TimeLeft:
    """How long the session of somebody who is signed in still lasts."""
    ends = {
        Ending.IDLE: _moment(session["seen"]) + IDLE,
        Ending.WHOLE: _moment(session["since"]) + WHOLE,
    }
    ending = min(ends, key=lambda each: ends[each])
    return TimeLeft(int((ends[ending] - now()).total_seconds()), ending)


def _load(user_id: str) -> Member | None:
    """Flask-Login asks once a request who a session's person is."""
    with site().database.reading() as db:
        staff = db.get(Staff, int(user_id))
    why = _why_ended(staff)
    if why is not None or staff is None:
        g.prepline_ending = why
        return None
    return _member(staff)


def _why_ended(staff: Staff | None) -> Ending | None:
    moment = now()
    if staff is None or not staff.active or session.get("epoch") != staff.session_epoch:
        return Ending.REVOKED
    if moment - _moment(session.get("since", 0)) >= WHOLE:
        return Ending.WHOLE
    if moment - _moment(session.get("seen", 0)) >= IDLE:
        return Ending.IDLE
    return None


def _member(staff: Staff) -> Member:
    return Member(
        id=staff.id,
        email=staff.email,
        name=staff.name,
        role=Role(staff.role),
        has_second_step=staff.totp_secret is not None,
    )


def _stamp(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def _moment(stamp: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(stamp, dt.UTC)
