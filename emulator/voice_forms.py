"""The fields that Twilio adds to a request when a recording or a dialled call is over."""

import secrets
from collections.abc import Mapping

ANSWERED = frozenset({"completed", "answered"})
"""Outcomes of a dialled call that somebody took."""


def new_recording_sid() -> str:
    """A recording SID as Twilio writes it."""
    return "RE" + secrets.token_hex(16)


def recording_form(
    sid: str, account_sid: str, base_url: str, seconds: float, key: str
) -> dict[str, str]:
    """What the action of a Record gets; `key` ended it, `hangup` being the caller's."""
    return {
        "RecordingSid": sid,
        "RecordingUrl": f"{base_url}/2010-04-01/Accounts/{account_sid}/Recordings/{sid}",
        "RecordingDuration": str(round(seconds)),
        "Digits": key,
    }


def recording_report(form: Mapping[str, str], status: str) -> dict[str, str]:
    """What a recording's status callback gets."""
    told = {name: value for name, value in form.items() if name != "Digits"}
    return told | {
        "RecordingStatus": status,
        "RecordingChannels": "1",
        "RecordingSource": "RecordVerb",
    }


def dial_form(outcome: str, seconds: float) -> dict[str, str]:
    """What the action of a Dial gets."""
    was_answered = outcome in ANSWERED
    form = {
        "DialCallStatus": outcome,
        "DialCallSid": "CA" + secrets.token_hex(16),
        "DialBridged": "true" if was_answered else "false",
    }
    if was_answered:
        form["DialCallDuration"] = str(round(seconds))
    return form
