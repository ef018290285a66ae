"""How gunicorn runs the web app. Settings are read and checked here, before any worker starts."""

import gc
import os
import sys

from settings import Settings, SettingsError

try:
    _settings = Settings.from_environment()
except SettingsError as error:
    sys.exit(str(error))  # the whole message is for a person: no traceback around it

bind = f":{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
threads = 8
# SQLite takes one writer at a time, and a lock within one process keeps them in line fairly.
workers = 1 if _settings.database_url.startswith("sqlite") else 2

# A forked connection pool hands one request another's rows: every worker builds its own.
preload_app = False

# Twilio gives a webhook up for lost after 15 s; requests under way at SIGTERM may take that long.
graceful_timeout = 20
timeout = 30

# Request lines and client addresses are personal data; the app's own log tells what happened.
accesslog = None

# Nothing manages this server from outside, and its socket would be written to the home directory.
control_socket_disable = True


def post_worker_init(_worker: object) -> None:
    """Set what was loaded at the start aside, so that sweeping up does not walk through all of it
    again and again while somebody waits for a page."""
    gc.collect()
    gc.freeze()
