"""A real carrier client on a line to a scripted server, and a text to send over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from carrier.client import CarrierClient, OutgoingText, Sender
from emulator import Emulator

SID = "AC" + "0" * 32
CLINIC = "+18285550100"
PATIENT = "+18285550142"
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages"


def text(
    *, from_number: str | None = None, validity_seconds: int = 3600, body: str = "Sí, mañana 👍"
) -> OutgoingText:
    """A text to `PATIENT`, good for an hour unless told otherwise."""
    return OutgoingText(
        to=PATIENT,
        body=body,
        from_number=from_number,
        status_callback="https://bot.example.org/sms/status?o=7",
        validity_seconds=validity_seconds,
    )


@contextmanager
def client(
    address: str | None, *, sender: Sender | None = None, timeout: float = 60.0
) -> Iterator[CarrierClient]:
    """A client for the server at `address` (None: Twilio's own), sending from `CLINIC`."""
    made = CarrierClient(
        SID, "token", address, timeout=timeout, default_sender=sender or Sender(CLINIC)
    )
    with closing(made):
        yield made


def client_of(carrier: Emulator, sender: Sender, timeout: float = 60.0) -> CarrierClient:
    """A client of a local carrier; to be closed by whoever asks for it."""
    options = carrier.options
    return CarrierClient(
        options.account_sid,
        options.auth_tokens[0],
        carrier.url,
        timeout=timeout,
        default_sender=sender,
    )
