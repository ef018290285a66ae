"""Texts as the carrier posts them: patients, what they write, and signed requests."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator
from werkzeug.test import EnvironBuilder

from carrier.signature import SIGNATURE_HEADER
from settings import Settings

MENU_KEYS: Final = tuple("1 2 9 1 1 9 3 9".split())
FREE_WORDS: Final = (
    "can I have a sip of water in the morning?",
    "where do I park the car",
    "what is a compression fracture",
    "puedo comer antes del procedimiento?",
    "how long till I can go home",
    "who drives me back",
    "my grandson plays the trumpet",
    "necesito un intérprete",
)
_TOKEN: Final = uuid.uuid4().hex
_PATH: Final = "/sms/inbound"

Environ = dict[str, Any]


def settings_for(database_url: str) -> Settings:
    """Settings of an app on this database, which take what `signed_texts` signs."""
    return Settings(
        database_url=database_url,
        secret_key=uuid.uuid4().hex,
        public_base_url="https://bench.example",
        account_sid=f"AC{uuid.uuid4().hex}",
        auth_tokens=(_TOKEN,),
        from_number="+18285550110",
    )


def phone_numbers() -> Iterator[str]:
    """Numbers of the kind set aside for stories, in E.164; there are far over ten thousand."""
    for area in range(201, 1000):
        for line in range(100):
            yield f"+1{area}55501{line:02d}"


class Patients:
    """Some phones that go through the same script again and again, each from a place of its own.

    So every round has every input equally often, and each phone writes its inputs in turn.
    """

    def __init__(self, phones: int, script: Sequence[str], settings: Settings) -> None:
        self._phones = list(itertools.islice(phone_numbers(), phones))
        self._script = script
        self._settings = settings
        self._texts = itertools.count()

    def signed_texts(self, count: int) -> list[Environ]:
        """The next requests, as a WSGI server hands them over; every one with a new SID."""
        return [self._signed(number) for number in itertools.islice(self._texts, count)]

    def _signed(self, number: int) -> Environ:
        times, phone = divmod(number, len(self._phones))
        body = self._script[(phone + times) % len(self._script)]
        form = _form(self._phones[phone], body, self._settings)
        url = f"{self._settings.public_base_url}{_PATH}"
        signature = RequestValidator(self._settings.auth_tokens[0]).compute_signature(url, form)
        environ: Environ = EnvironBuilder(
            _PATH,
            method="POST",
            data=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded; charset=UTF-8",
            headers=[(SIGNATURE_HEADER, signature), ("User-Agent", "TwilioProxy/1.1")],
        ).get_environ()
        environ["RAW_URI"] = _PATH
        return environ


def _form(sender: str, body: str, settings: Settings) -> dict[str, str]:
    sid = f"SM{uuid.uuid4().hex}"
    form = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "SmsStatus": "received",
        "AccountSid": settings.account_sid,
        "ApiVersion": "2010-04-01",
        "From": sender,
        "To": settings.from_number or "",
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "FromCountry": "US",
        "ToCountry": "US",
    }
    return form | {
        f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip")
    }
