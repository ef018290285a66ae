"""Checks the form of a send request in Twilio's order, with Twilio's codes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from emulator.errors import CarrierError
from emulator.model import E164, SHORT_CODE, US_NUMBER

LONGEST_BODY = 1600
LONGEST_VALIDITY = 36_000

MAGIC_FROM_OK = "+15005550006"
MAGIC_FROM: Mapping[str, int] = {
    "+15005550001": 21212,
    "+15005550007": 21606,
    "+15005550008": 21611,
}
MAGIC_TO: Mapping[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
"""Numbers of Twilio's test credentials, each with the error that it stands for."""

_BOOLEANS = frozenset({"true", "false"})
_CHOICES: Mapping[str, frozenset[str]] = {
    "ContentRetention": frozenset({"retain", "discard"}),
    "AddressRetention": frozenset({"retain", "obfuscate"}),
    "RiskCheck": frozenset({"enable", "disable"}),
    "ScheduleType": frozenset({"fixed"}),
    "TrafficType": frozenset({"free"}),
    "ProvideFeedback": _BOOLEANS,
    "ForceDelivery": _BOOLEANS,
    "SmartEncoded": _BOOLEANS,
    "ShortenUrls": _BOOLEANS,
    "SendAsMms": _BOOLEANS,
}
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_HOST = re.compile(r"([a-z0-9-]{1,63}\.)*[a-z0-9-]{1,63}|[0-9a-f:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A send request that is in order. `validity` is in seconds, `send_at` is UTC."""

    to: str
    from_: str = ""
    service_sid: str | None = None
    body: str = ""
    media_urls: tuple[str, ...] = ()
    callback_url: str | None = None
    action_url: str | None = None
    validity: int = LONGEST_VALIDITY
    send_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What validation asks about the account: which numbers and which service are its own."""

    owns: Callable[[str], bool]
    service_sid: str | None
    strict: bool


def read_send(form: MultiDict[str, str], account: Account) -> Send:
    """Check a form and read it. Raises CarrierError with Twilio's code for the first fault."""
    to = _to(form)
    from_, service_sid = _sender(form, account)
    if to == from_:
        raise CarrierError(21266)
    body, media_urls = _content(form)
    for name, allowed in _CHOICES.items():
        if name in form and form[name] not in allowed:
            raise CarrierError(20001, text=f"{name} holds a value that is not allowed for it.")
    return Send(
        to=to,
        from_=from_,
        service_sid=service_sid,
        body=body,
        media_urls=media_urls,
        callback_url=_callback(form),
        validity=_validity(form),
        send_at=_send_at(form, service_sid),
    )


def _to(form: MultiDict[str, str]) -> str:
    to = form.get("To", "").strip()
    if not to:
        raise CarrierError(21604)
    _refuse(MAGIC_TO.get(to))
    if not E164.fullmatch(to) or (to.startswith("+1") and not US_NUMBER.fullmatch(to)):
        raise CarrierError(21211)
    return to


def _sender(form: MultiDict[str, str], account: Account) -> tuple[str, str | None]:
    from_ = form.get("From", "").strip()
    service_sid = form.get("MessagingServiceSid", "").strip() or None
    if not from_ and service_sid is None:
        raise CarrierError(21603)
    if service_sid is not None:
        unknown = account.strict and service_sid != account.service_sid
        if unknown or not _SERVICE.fullmatch(service_sid):
            raise CarrierError(21701)
    if from_ and from_ != MAGIC_FROM_OK:
        _refuse(MAGIC_FROM.get(from_))
        if not E164.fullmatch(from_) and not SHORT_CODE.fullmatch(from_):
            raise CarrierError(21212)
        if not account.owns(from_):
            raise CarrierError(21659 if service_sid is None else 21712)
    return from_, service_sid


def _content(form: MultiDict[str, str]) -> tuple[str, tuple[str, ...]]:
    body = form.get("Body", "")
    media_urls = tuple(url for url in form.getlist("MediaUrl") if url)
    if not body and not media_urls and not form.get("ContentSid"):
        raise CarrierError(21602)
    if len(body) > LONGEST_BODY:
        raise CarrierError(21617)
    return body or form.get("ContentSid", ""), media_urls


def _callback(form: MultiDict[str, str]) -> str | None:
    url = form.get("StatusCallback", "").strip()
    if url and not is_usable(url):
        raise CarrierError(21609)
    return url or None


def is_usable(url: str) -> bool:
    """Whether webhooks can be posted to an address: http or https, a host without underscores."""
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return (
        port_fits
        and parts.scheme in ("http", "https")
        and bool(_HOST.fullmatch(parts.hostname or ""))
    )


def _validity(form: MultiDict[str, str]) -> int:
    given = form.get("ValidityPeriod")
    if given is None:
        return LONGEST_VALIDITY
    if not re.fullmatch(r"\d{1,5}", given) or not 1 <= int(given) <= LONGEST_VALIDITY:
        raise CarrierError(90007)
    return int(given)


def _send_at(form: MultiDict[str, str], service_sid: str | None) -> datetime | None:
    given, kind = form.get("SendAt"), form.get("ScheduleType")
    if given is None and kind is None:
        return None
    if given is None or kind is None:
        raise CarrierError(35111)
    if service_sid is None:
        raise CarrierError(35118)
    try:
        send_at = datetime.fromisoformat(given)
    except ValueError:
        raise CarrierError(35114) from None
    if send_at.tzinfo is None:
        raise CarrierError(35114)
    ahead = send_at - datetime.now(UTC)
    if not timedelta(minutes=15) <= ahead <= timedelta(days=35):
        raise CarrierError(35114)
    return send_at.astimezone(UTC)


def _refuse(code: int | None) -> None:
    if code is not None:
        raise CarrierError(code)
