"""By which channel a patient is reached: what they prefer, what they agreed to, what works."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scheduler.policy import Reason


class Channel(StrEnum):
    """A text or a call."""

    SMS = "sms"
    VOICE = "voice"


@dataclass(frozen=True, slots=True)
class Reachability:
    """What is known of a patient's phone and wishes; `preference` is sms, voice or auto."""

    preference: str
    sms_consent: bool
    voice_consent: bool
    opted_out: bool = False
    textable: bool = True
    reachable: bool = True


def choose_channel(known: Reachability) -> tuple[Channel, Reason | None]:
    """The channel, and the reason why even that one may not be used, if there is one.

    An opt-out by text counts for calls as well: the patient asked to be left alone.
    """
    wanted = Channel.VOICE if known.preference == "voice" or not known.textable else Channel.SMS
    if known.opted_out:
        return wanted, Reason.OPTED_OUT
    if not known.reachable:
        return wanted, Reason.BAD_NUMBER
    consented = {Channel.SMS: known.sms_consent, Channel.VOICE: known.voice_consent}
    if consented[wanted]:
        return wanted, None
    other = Channel.SMS if wanted is Channel.VOICE else Channel.VOICE
    if consented[other] and (other is Channel.VOICE or known.textable):
        return other, None
    if not known.textable and known.sms_consent:
        return wanted, Reason.NOT_TEXTABLE
    return wanted, Reason.NO_CONSENT
