"""The carrier, connected to a tiny app, and the real Twilio library pointed at it."""

from collections.abc import Iterator

import pytest
from twilio.rest import Client

from emulator import Emulator
from tests.support.emulator import FakeApp, app, carrier, client_for
from tests.support.voice_app import BYE, MENU, said

__all__ = ["app", "carrier"]


@pytest.fixture
def connected(carrier: Emulator, app: FakeApp) -> Emulator:
    """The carrier, posting to the app."""
    carrier.app_url = app.url
    return carrier


@pytest.fixture
def client(carrier: Emulator) -> Iterator[Client]:
    """The Twilio library, talking to the carrier."""
    made = client_for(carrier)
    yield made
    made.http_client.session.close()


@pytest.fixture
def voice(app: FakeApp) -> FakeApp:
    """The app with a menu for reminders and for callers, and a goodbye everywhere else."""
    paths = ("/voice/reminder", "/voice/inbound")
    app.speak = lambda post: said(MENU if post.path in paths else BYE)
    return app
