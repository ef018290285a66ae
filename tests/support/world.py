"""A whole installation in one process: database, web app on a socket, local carrier, dispatcher.

The clock is set by the test, so that a reminder of next week can go out now.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from carrier.client import Sender
from db.clinics import Clinics
from db.models import Appointment, Contact, Reminder, Task
from db.session import Database
from emulator import Emulator
from flows.library import default_library
from profiles import Profile
from scheduler.dispatch import CallDesk, Dispatcher
from scheduler.settling import Settler
from settings import Settings
from tests.support import carrier_line
from tests.support.apps import new_app
from tests.support.data import booked, stored_clinic
from tests.support.processes import free_port

CLINIC_NUMBER = "+18285550110"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


@dataclass
class World:
    """What a test of the whole sees and does; `now` is what every clock shows."""

    database: Database
    carrier: Emulator
    dispatcher: Dispatcher
    profile: Profile
    now: dt.datetime
    settings: Settings = field(repr=False)

    def dispatch(self, now: dt.datetime | None = None) -> int:
        """One pass of a worker at `now`, and all of the carrier's reports on it."""
        self.now = now or self.now
        taken = self.dispatcher.run(lambda: self.now)
        self.carrier.wait_until_idle()
        return taken

    def settle(self, now: dt.datetime | None = None) -> int:
        """One pass over what must be looked up at `now`, and the carrier's reports meanwhile."""
        self.now = now or self.now
        settler = Settler(self.database, self.dispatcher.carrier, self.dispatcher.clinics)
        looked_at = settler.run(lambda: self.now)
        self.carrier.wait_until_idle()
        return looked_at

    def book(self, now: dt.datetime | None = None, **changes: object) -> int:
        """Book an appointment as `tests.support.data.row` describes it; its id."""
        return booked(self.database, self.profile, now or self.now, **changes)

    def text(self, body: str, sender: str = "+18285550173") -> str:
        """A patient's text, and the clinic's answer to it."""
        result = self.carrier.text(sender, CLINIC_NUMBER, body)
        assert result.status == 200
        return "\n".join(result.replies)

    def texts_to(self, phone: str = "+18285550173") -> list[str]:
        """The bodies of what reached a phone by REST: reminders and notices."""
        return [
            m.body for m in self.carrier.messages(to=phone) if m.direction.value == "outbound-api"
        ]

    def reminders(self, appointment: int) -> dict[str, Reminder]:
        """The reminders of an appointment's newest version, by kind."""
        with self.database.reading() as session:
            rows = session.scalars(
                select(Reminder)
                .where(Reminder.appointment_id == appointment)
                .order_by(Reminder.version)
            ).all()
        return {row.kind: row for row in rows}

    def appointment(self, appointment: int) -> Appointment:
        """An appointment as it is stored now."""
        with self.database.reading() as session:
            return session.get_one(Appointment, appointment)

    def contact(self, phone: str = "+18285550173") -> Contact:
        """A contact as it is stored now."""
        with self.database.reading() as session:
            return session.scalars(select(Contact).where(Contact.phone == phone)).one()

    def tasks(self) -> list[Task]:
        """The open tasks, oldest first."""
        with self.database.reading() as session:
            query = select(Task).where(Task.done_at.is_(None)).order_by(Task.id)
            return list(session.scalars(query).all())


def _quick_clinic(database: Database) -> Profile:
    """ARA Health with a sender that may send and call as fast as it can."""
    return stored_clinic(database, messages_per_second=1000.0, calls_per_second=1000.0)


@contextmanager
def running_world(
    database: Database, now: dt.datetime, *, makes_calls: bool = False
) -> Iterator[World]:
    """Start the world on a migrated database whose clinic is ARA Health; it can only text, unless
    it `makes_calls` as well."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with Emulator(app_url=base, numbers={CLINIC_NUMBER: "ARA Health"}, pace=0.001) as carrier:
        settings = Settings(
            database_url=database.url,
            secret_key="a key for this test only",
            public_base_url=base,
            account_sid=carrier.options.account_sid,
            auth_tokens=carrier.options.auth_tokens,
            from_number=CLINIC_NUMBER,
            api_base_url=carrier.url,
        )
        client = carrier_line.client_of(carrier, Sender(CLINIC_NUMBER))
        dispatcher = Dispatcher(
            database,
            client,
            default_library(),
            Clinics(),
            f"{base}/sms/status",
            desk=CallDesk(f"{base}/voice", CLINIC_NUMBER) if makes_calls else None,
            threads=4,
        )
        world = World(database, carrier, dispatcher, _quick_clinic(database), now, settings)
        with _served(settings, world, port):
            yield world
        client.close()


@contextmanager
def _served(settings: Settings, world: World, port: int) -> Iterator[None]:
    app = new_app(settings, clock=lambda: world.now)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["prepline_database"].close()
