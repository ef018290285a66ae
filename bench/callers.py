"""Keys of callers as the carrier posts them, one call a phone, each turn with its number."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.texts import Environ, phone_numbers
from carrier.signature import SIGNATURE_HEADER
from settings import Settings


class Callers:
    """Some phones whose calls have begun and that go through the same keys again and again.

    Each begins at a place of its own, as `bench.texts.Patients` do.
    """

    def __init__(self, phones: int, script: Sequence[str], settings: Settings) -> None:
        self._phones = list(itertools.islice(phone_numbers(), phones))
        self._sids = [f"CA{uuid.uuid4().hex}" for _ in self._phones]
        self._script = script
        self._settings = settings
        self._turns = itertools.count()

    def begin(self, app: Flask) -> None:
        """Let every phone call and hear the greeting. Raises `RuntimeError` if one does not."""
        for phone in range(len(self._phones)):
            environ = self._signed("/voice/inbound", self._form(phone))
            _, status, _ = run_wsgi_app(app, environ, buffered=True)
            if not status.startswith("200"):
                raise RuntimeError(f"a call was answered with {status}")

    def signed_texts(self, count: int) -> list[Environ]:
        """The next keys, as a WSGI server hands them over."""
        return list(self._keys(count))

    def _keys(self, count: int) -> Iterator[Environ]:
        for number in itertools.islice(self._turns, count):
            times, phone = divmod(number, len(self._phones))
            key = self._script[(phone + times) % len(self._script)]
            yield self._signed(f"/voice/turn?n={times + 2}", self._form(phone) | {"Digits": key})

    def _signed(self, target: str, form: dict[str, str]) -> Environ:
        url = f"{self._settings.public_base_url}{target}"
        signature = RequestValidator(self._settings.auth_tokens[0]).compute_signature(url, form)
        path, _, query = target.partition("?")
        environ: Environ = EnvironBuilder(
            path,
            query_string=query,
            method="POST",
            data=urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded; charset=UTF-8",
            headers=[(SIGNATURE_HEADER, signature), ("User-Agent", "TwilioProxy/1.1")],
        ).get_environ()
        environ["RAW_URI"] = target
        return environ

    def _form(self, phone: int) -> dict[str, str]:
        caller, line = self._phones[phone], self._settings.from_number or ""
        return {
            "CallSid": self._sids[phone],
            "AccountSid": self._settings.account_sid,
            "ApiVersion": "2010-04-01",
            "From": caller,
            "To": line,
            "Caller": caller,
            "Called": line,
            "Direction": "inbound",
            "CallStatus": "in-progress",
            "FromCountry": "US",
            "ToCountry": "US",
        } | {f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip")}
