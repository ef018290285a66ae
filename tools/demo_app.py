"""The web app on the demo's clock, for hours at which no patient is texted."""

from __future__ import annotations

import datetime as dt

from flask import Flask

import app
from scheduler.worker import clock_from


def create_app(now: str) -> Flask:
    """The app, whose clock shows `now` (ISO 8601 with a time zone) at its start and goes on from
    there, as the demo's worker does: a call that nobody answered is tried again minutes later on
    both clocks. Raises what `app.create_app` raises."""
    return app.create_app(clock=clock_from(dt.datetime.fromisoformat(now)))
