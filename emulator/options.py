"""How a stand-in carrier is set up."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from emulator.model import E164

LOCAL_ACCOUNT = "AC" + "0" * 32
LOCAL_KEY = "local-development-only"
"""Signs webhooks when the environment names no token; the app must be given the same one."""

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class OptionsError(ValueError):
    """An option that cannot work; says which one and what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that can be chosen about a carrier.

    `auth_tokens` all open the REST interface, the first one signs webhooks. `public_url` is the
    address that the app believes to have, when that differs from `app_url` where it is reached:
    webhooks are signed for the former and posted to the latter. `numbers` are the account's own
    with a label each; unless `strict_numbers`, further ones are learnt when the app first sends
    from them. `pace` is the time between two statuses of a message, in seconds.
    `keyword_filtering` makes the carrier act on STOP and START by itself, as Twilio does unless
    told otherwise; it is off by default, so that the app's own confirmation reaches the phone.
    `pickup` is how phones meet calls that nothing else is said for, in the words of
    `voice_model.Pickup.by`; one that is to ring on the page waits in the queue until a page is
    open, if `rings_on_page`. `voice_fallback_url` and `text_fallback_url` are what is asked when
    the app does not answer a call or text that came in, as they are entered at Twilio for a number.
    `recordings_need_login` is Twilio's setting that only the account may fetch a recording.
    """

    app_url: str = "http://127.0.0.1:8000"
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    account_sid: str = LOCAL_ACCOUNT
    auth_tokens: tuple[str, ...] = (LOCAL_KEY,)
    service_sid: str | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    strict_numbers: bool = False
    keyword_filtering: bool = False
    pace: float = 0.01
    read_timeout: float = 15.0
    pickup: str = "human"
    rings_on_page: bool = False
    voice_fallback_url: str = ""
    text_fallback_url: str = ""
    recordings_need_login: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is started."""
        if not _ACCOUNT.fullmatch(self.account_sid):
            raise OptionsError("TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits.")
        if not self.auth_tokens or not all(self.auth_tokens):
            raise OptionsError("TWILIO_AUTH_TOKEN must be one token, or several with commas.")
        if self.service_sid is not None and not _SERVICE.fullmatch(self.service_sid):
            raise OptionsError("TWILIO_MESSAGING_SERVICE_SID must be MG and 32 hex digits.")
        if not self.app_url.startswith(("http://", "https://")):
            raise OptionsError("--app-url must start with http:// or https://.")
        if not all(E164.fullmatch(number) for number in (*self.numbers, *self.phones)):
            raise OptionsError("Numbers and phones are written like +18285550142.")
        for url in (self.voice_fallback_url, self.text_fallback_url):
            if url and not url.startswith(("http://", "https://")):
                raise OptionsError("A fallback address must start with http:// or https://.")


class OptionValues(TypedDict, total=False):
    """The fields of `Options`, for functions that pass them on by name."""

    app_url: str
    public_url: str
    host: str
    port: int
    account_sid: str
    auth_tokens: tuple[str, ...]
    service_sid: str | None
    numbers: Mapping[str, str]
    phones: Mapping[str, str]
    strict_numbers: bool
    keyword_filtering: bool
    pace: float
    read_timeout: float
    pickup: str
    rings_on_page: bool
    voice_fallback_url: str
    text_fallback_url: str
    recordings_need_login: bool


def from_environment(environ: Mapping[str, str] = os.environ) -> OptionValues:
    """Read the account from the same variables that the app reads; missing ones keep defaults."""
    values = OptionValues()
    if sid := environ.get("TWILIO_ACCOUNT_SID"):
        values["account_sid"] = sid
    if tokens := environ.get("TWILIO_AUTH_TOKEN"):
        values["auth_tokens"] = tuple(token.strip() for token in tokens.split(","))
    if service := environ.get("TWILIO_MESSAGING_SERVICE_SID"):
        values["service_sid"] = service
    return values
