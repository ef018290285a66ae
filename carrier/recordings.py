"""Fetching voice messages from Twilio, which keeps them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import requests
from urllib3.exceptions import HTTPError

from carrier.client import CarrierError
from carrier.transport import Transport

_API: Final = "https://api.twilio.com/2010-04-01"
_GONE: Final = frozenset({404, 410})
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes: several times the two minutes that are recorded at most."""
_LONGEST: Final = 15.0
"""Seconds until all of it must be here: somebody waits for it, and so does a thread of the app."""
_PIECE: Final = 64 * 1024


class RecordingGoneError(Exception):
    """Twilio has no such recording (any more)."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as it is played: its bytes and their media type, such as audio/x-wav."""

    content: bytes = field(repr=False)
    media_type: str


class Recordings:
    """The account's recordings. Threads may share one; make it after a fork, not before.

    `api_base_url` leads to a stand-in; None is Twilio itself. `timeout` is in seconds, for each
    wait. Only the account's own address is ever asked, whatever address a report named.
    """

    def __init__(
        self, account_sid: str, auth_token: str, api_base_url: str | None, *, timeout: float = 5.0
    ) -> None:
        self._login = (account_sid, auth_token)
        self._transport = Transport(api_base_url, timeout)

    def fetch(self, sid: str) -> Sound:
        """The sound of a recording, whole: so that whatever goes wrong is known before a browser
        is answered, and any part of it can be given out.

        No transaction may be open meanwhile. Raises `RecordingGoneError`, and `CarrierError`
        without a usable answer.
        """
        until = monotonic() + _LONGEST
        url = f"{_API}/Accounts/{self._login[0]}/Recordings/{sid}.wav"
        try:
            with closing(self._transport.download(url, self._login)) as answer:
                return _sound(answer, until)
        except (requests.RequestException, HTTPError) as error:
            # Not chained: the original's text holds the address, which is not for a log.
            kind = type(error).__name__
            raise CarrierError(f"Twilio gave no usable answer ({kind}).") from None

    def close(self) -> None:
        """Closes the connections to Twilio."""
        self._transport.close()


def _sound(answer: requests.Response, until: float) -> Sound:
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.status_code in _GONE:
        raise RecordingGoneError
    if answer.status_code != requests.codes.ok or not media_type.startswith("audio/"):
        raise CarrierError(f"Twilio gave no recording (HTTP {answer.status_code}).")
    content = bytearray()
    for piece in answer.iter_content(_PIECE):
        content += piece
        if len(content) > _LARGEST or monotonic() > until:
            raise CarrierError("Twilio's recording is too large, or too slow in coming.")
    return Sound(bytes(content), media_type)
