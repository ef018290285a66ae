"""The web app as Twilio meets it: signed requests, in this process or to a real gunicorn."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import http.client
import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import urlencode

from sqlalchemy import func, select, text
from werkzeug.datastructures import MultiDict

from db.models import Base
from db.session import Database
from emulator.twiml import read_answer
from emulator.voice_call import Call
from emulator.voice_phone import Phone
from emulator.voice_twiml import ends_by_falling_through, parse
from emulator.webhook import Answer
from settings import Settings
from tests.support.apps import new_app
from tests.support.csv_files import NOW
from tests.support.processes import Running, free_port, running

TOKEN: Final = "0123456789abcdef" * 2
PUBLIC: Final = "https://bot.example.org"
CLINIC_NUMBER: Final = "+18285550110"
PATIENT: Final = "+18285550173"
INBOUND: Final = "/sms/inbound"

Form = MultiDict[str, str]
T = TypeVar("T", bound=Base)
_WAITING: Final = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
_numbers = itertools.count(1)


def sign(address: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Twilio's published recipe, written without its library."""
    fields = form if isinstance(form, MultiDict) else MultiDict(form)
    signed = address + "".join(
        name + value for name in sorted(fields) for value in sorted(set(fields.getlist(name)))
    )
    mac = hmac.new(token.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def encoded(form: Mapping[str, str]) -> bytes:
    """A form as the body of a request, repeated names included."""
    pairs = form.items(multi=True) if isinstance(form, MultiDict) else form.items()
    return urlencode(list(pairs)).encode()


def text_form(body: str = "hi", **changes: str | None) -> Form:
    """What Twilio posts for a text from `PATIENT`; `changes` by parameter, `None` leaves one out.

    Each form is another text: it has a MessageSid of its own.
    """
    sid = f"SM{next(_numbers):032x}"
    values = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": "AC" + "0" * 32,
        "From": PATIENT,
        "To": CLINIC_NUMBER,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        **changes,
    }
    return MultiDict((name, value) for name, value in values.items() if value is not None)


def environment(
    url: str, *, public: str = PUBLIC, tokens: Iterable[str] = (TOKEN,)
) -> dict[str, str]:
    """The settings of the app on a database, as environment variables."""
    return {
        "DATABASE_URL": url,
        "SECRET_KEY": "x" * 43,
        "PUBLIC_BASE_URL": public,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": ",".join(tokens),
        "TWILIO_FROM_NUMBER": CLINIC_NUMBER,
        "TWILIO_API_BASE_URL": "http://127.0.0.1:9",  # nobody is there: no test asks Twilio
    }


@dataclass(slots=True)
class StandingClock:
    """A clock that shows what a test sets."""

    now: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Set it forward, as `timedelta(**by)`."""
        self.now += dt.timedelta(**by)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the app."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The texts that the carrier would send; fails for anything but TwiML in good order."""
        assert (self.status, self.content_type) == (200, "text/xml"), self
        return [reply.body for reply in read_answer(Answer(200, "text/xml", self.body))]


class Bot:
    """The app on a database, asked through Flask's test client."""

    def __init__(self, url: str, *, public: str = PUBLIC, tokens: Iterable[str] = (TOKEN,)) -> None:
        self.clock = StandingClock()
        settings = Settings.from_environment(environment(url, public=public, tokens=tokens))
        self.app = new_app(settings, self.clock)
        self.database: Database = self.app.extensions["prepline_database"]
        self._public = public.rstrip("/")

    def close(self) -> None:
        """Close the app's connections."""
        self.database.close()

    def ask(
        self,
        method: str,
        target: str,
        data: Mapping[str, str] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> Reply:
        """A request as it is, signed only if `headers` say so."""
        with self.app.test_client() as client:
            response = client.open(
                target, method=method, data=data, headers=headers, content_type=content_type
            )
        kind = response.mimetype or ""
        if target.startswith("/voice/") and kind == "text/xml":
            # What no carrier would carry out must not pass in any test, whatever it looks at.
            assert not ends_by_falling_through(parse(response.data)), response.data.decode()
        return Reply(response.status_code, kind, response.data, dict(response.headers))

    def post(self, target: str, form: Mapping[str, str], token: str = TOKEN) -> Reply:
        """A POST that is signed for the public address."""
        signature = sign(self._public + target, form, token)
        return self.ask("POST", target, data=form, headers={"X-Twilio-Signature": signature})

    def send(self, body: str = "hi", **changes: str | None) -> Reply:
        """A text comes in, with `text_form`'s parameters."""
        return self.post(INBOUND, text_form(body, **changes))

    def says(self, body: str = "hi", **changes: str | None) -> str:
        """The one text that answers a text."""
        (reply,) = self.send(body, **changes).texts
        return reply

    @property
    def phone(self) -> Phone:
        """The phones of patients who call this bot, and whom it calls."""

        def post(url: str, form: Mapping[str, str]) -> tuple[int, str]:
            reply = self.post(url.removeprefix(self._public), form)
            return reply.status, reply.body.decode()

        return Phone(post, base_url=self._public)

    def call(self, caller: str = PATIENT, to: str = CLINIC_NUMBER, sid: str = "") -> Call:
        """A call comes in."""
        return self.phone.call(caller, to=to, sid=sid)

    def rows(self, model: type[T]) -> list[T]:
        """Every stored row of a table, by its key."""
        return rows(self.database, model)

    def row(self, model: type[T]) -> T:
        """The one row of a table."""
        (row,) = self.rows(model)
        return row


@contextmanager
def bot_on(url: str, *, public: str = PUBLIC, tokens: Iterable[str] = (TOKEN,)) -> Iterator[Bot]:
    """A bot for as long as the block."""
    bot = Bot(url, public=public, tokens=tokens)
    try:
        yield bot
    finally:
        bot.close()


def rows(database: Database, model: type[T]) -> list[T]:
    """Every stored row of a table, by its key."""
    with database.reading() as session:
        found = session.scalars(select(model).order_by(*model.__table__.primary_key)).all()
        session.expunge_all()
        return list(found)


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    with database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def lock_waits(database: Database) -> int:
    """How many sessions of a PostgreSQL database wait for a lock right now."""
    with database.reading() as session:
        return session.scalar(_WAITING) or 0


@dataclass(frozen=True, slots=True)
class Served:
    """A real gunicorn that serves the app on a port of this machine."""

    process: Running
    port: int
    public: str

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body, dict(headers or {}))
            response = connection.getresponse()
            kind = response.headers.get_content_type()
            return Reply(response.status, kind, response.read(), dict(response.headers))
        finally:
            connection.close()

    def post(self, target: str, form: Mapping[str, str], **headers: str) -> Reply:
        """A POST that is signed for the public address, with these headers besides."""
        own = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": sign(self.public + target, form),
        }
        return self.ask("POST", target, encoded(form), own | headers)

    def send(self, body: str = "hi", **changes: str | None) -> Reply:
        """A text comes in, with `text_form`'s parameters."""
        return self.post(INBOUND, text_form(body, **changes))


@contextmanager
def served(url: str, *, public: str = PUBLIC, tokens: Iterable[str] = (TOKEN,)) -> Iterator[Served]:
    """The app under gunicorn with its own configuration, for as long as the block."""
    port = free_port()
    env = environment(url, public=public, tokens=tokens) | {"PORT": str(port)}
    with running("gunicorn", "app:create_app()", env=env) as process:
        process.wait_for_http(f"http://127.0.0.1:{port}/healthz")
        yield Served(process, port, public.rstrip("/"))
