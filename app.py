"""The web app: what is wired to what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Flask

import admin
import cli
import errors
import guards
import ops
import sms.webhook
import voice.webhook
from carrier.recordings import Recordings
from carrier.signature import SignatureChecker
from conversation import Conversations
from conversation.calls import Calls
from db.clinics import Clinics
from db.session import Database
from flows.library import default_library
from logs import set_up_logging
from scheduler.clocks import wall_clock
from settings import Settings

_LARGEST_REQUEST = 128 * 1024  # bytes; a text with every parameter Twilio knows is below 32 KiB


def create_app(
    settings: Settings | None = None, clock: Callable[[], dt.datetime] = wall_clock
) -> Flask:
    """Build the app. Raises `settings.SettingsError` for an environment that is not right.

    Run by the `flask` command without settings it is an app for commands only: each of them says
    for itself what it needs.
    """
    app = Flask("prepline", static_folder=None)
    app.url_map.merge_slashes = False  # a redirect would lose the form
    cli.register(app)
    if settings is None and cli.is_for_a_command():
        return app
    set_up_logging()
    settings = settings or Settings.from_environment()
    database = Database(settings.database_url)
    clinics = Clinics()
    library = default_library()
    conversations = Conversations(database, library, clinics)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=_LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=_LARGEST_REQUEST,
        MAX_FORM_PARTS=500,
    )
    errors.register(app, database, {admin.ROOT: admin.error_page})
    guards.put_guards(app, SignatureChecker(settings.public_base_url, settings.auth_tokens))
    app.register_blueprint(ops.blueprint(database, clock))
    app.register_blueprint(sms.webhook.blueprint(conversations, database, clinics, clock))
    app.register_blueprint(voice.webhook.blueprint(Calls(database, library, clinics), clock))
    recordings = Recordings(settings.account_sid, settings.auth_tokens[0], settings.api_base_url)
    desk = admin.Site(
        database, clinics, clock, settings.public_base_url, recordings, settings.from_number
    )
    admin.register(app, desk)
    app.extensions["prepline_database"] = database
    return app
