"""The second step of signing in: a code from an app on the person's own phone (RFC 6238)."""

from __future__ import annotations

import datetime as dt
import re
from hmac import compare_digest
from typing import Final

import pyotp
import segno

ISSUER: Final = "Prepline"
_PERIOD_SECONDS: Final = 30
_NEIGHBOURS: Final = (0, -1, 1)  # a phone's clock may be half a minute off


def new_secret() -> str:
    """A secret for a phone, base 32."""
    return pyotp.random_base32()


def right_step(secret: str, code: str, now: dt.datetime, last_step: int | None) -> int | None:
    """The time step whose code this is; `None` if it is of none near `now`.

    Steps up to `last_step` are used up: a code that somebody looked at counts only once.
    """
    digits = re.sub(r"\s", "", code)
    totp = pyotp.TOTP(secret, interval=_PERIOD_SECONDS)
    at = int(now.timestamp()) // _PERIOD_SECONDS
    for step in (at + offset for offset in _NEIGHBOURS):
        expected = totp.generate_otp(step)
        fresh = last_step is None or step > last_step
        if fresh and compare_digest(expected.encode(), digits.encode()):
            return step
    return None


def qr_code(secret: str, email: str) -> str:
    """The square that the phone's app scans, as a `data:` address of an SVG image."""
    address = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff"))


def in_groups(secret: str) -> str:
    """The secret in groups of four, for typing it in."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
