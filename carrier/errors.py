"""What a carrier's error code means for the patient and for what is done next."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ErrorClass(StrEnum):
    """Errors that ask for the same thing to be done."""

    OPTED_OUT = "opted_out"
    """The person told the carrier to stop. No more automated messages by any channel."""
    BAD_NUMBER = "bad_number"
    """No such number, or none that can be written to or called. Fix the data."""
    NOT_TEXTABLE = "not_textable"
    """A landline or a route without texts. Never text it again; a call reaches it at once."""
    UNREACHABLE = "unreachable"
    """The phone is off, out of reach or its network congested. One or two spaced tries, then a
    call."""
    BLOCKED = "blocked"
    """The person's carrier filters or blocks the text. No text again; a call, with consent."""
    AMBIGUOUS = "ambiguous"
    """It may have been delivered all the same. Look before anything is sent again."""
    SENDER_CONFIG = "sender_config"
    """Our sending number or its registration is refused: every text fails until that is mended."""
    ACCOUNT = "account"
    """The account is locked, suspended or at its daily limit: stop all sending, alert at once."""
    THROTTLE = "throttle"
    """Too much at once; the request was not carried out. Safe to try again, with growing pauses."""
    HOLD = "hold"
    """Held back for quiet hours. Try at the next opening of the window."""
    TOO_LATE = "too_late"
    """Its useful time ended before it could leave. Do not send it; tell the patient another way."""
    OUR_BUG = "our_bug"
    """We asked for something impossible, such as a text that is too long. No retry; mend it."""
    CALL_REFUSED = "call_refused"
    """A call could not be placed; texts are not affected."""
    OUR_WEBHOOK = "our_webhook"
    """Twilio could not make sense of our answer, or got none. Says nothing about a message."""
    UNKNOWN = "unknown"
    """A code this version does not know. No retry; a person tells the patient."""

    @property
    def sentence(self) -> str:
        """What a coordinator reads: what happened to the message, and what to do."""
        return _SENTENCES[self]


_CODES: Final[dict[ErrorClass, tuple[int, ...]]] = {
    ErrorClass.OPTED_OUT: (21610, 63014),
    ErrorClass.BAD_NUMBER: (13224, 21211, 21217, 21266),
    ErrorClass.NOT_TEXTABLE: (21612, 21614, 21635, 30006),
    ErrorClass.UNREACHABLE: (30003, 30005, 30008, 30017),
    ErrorClass.BLOCKED: (30004, 30007),
    ErrorClass.AMBIGUOUS: (20500, 20503, 30410, 30500),
    ErrorClass.SENDER_CONFIG: (
        *(21210, 21212, 21213, 21401, 21408, 21606, 21608, 21659, 21703, 21704),
        *(30024, 30032, 30034, 30450),
    ),
    ErrorClass.ACCOUNT: (10001, 20003, 30002, 63038),
    ErrorClass.THROTTLE: (20429, 21611, 30001, 30022, 30023),
    ErrorClass.HOLD: (30610,),
    ErrorClass.TOO_LATE: (30036,),
    ErrorClass.OUR_BUG: (
        *(21602, 21603, 21609, 21617, 21619, 21624, 21658),
        *(35111, 35114, 35118),
    ),
    ErrorClass.CALL_REFUSED: (13227, 21214, 21215, 21216, 21220, 22005),
    ErrorClass.OUR_WEBHOOK: (
        *(11200, 11205, 11206, 11210, 11215, 11220, 11235, 11236, 11237, 11750),
        *(12100, 12200, 12300, 57012),
    ),
}
"""Twilio's codes by class, from the pages `docs/api/errors/<code>` of its documentation."""

_CLASS_OF: Final = {code: kind for kind, codes in _CODES.items() for code in codes}


def classify(code: int | None, http_status: int | None) -> ErrorClass:
    """The class of an error: by its code, or by the HTTP status where the code is not known.

    Works for the answer to a request (code and status) and for a status report (code alone).
    Twilio warns that codes may change, so an unknown one is never a surprise: whatever may have
    been carried out counts as ambiguous, a refusal as `UNKNOWN`.
    """
    known = _CLASS_OF.get(code) if code is not None else None
    if known is not None:
        return known
    status = http_status if http_status is not None else code
    if status == 429:
        return ErrorClass.THROTTLE
    if status in {401, 403}:
        return ErrorClass.ACCOUNT
    if status == 408 or (status is not None and 500 <= status < 600):
        return ErrorClass.AMBIGUOUS
    return ErrorClass.UNKNOWN


_SENTENCES: Final = {
    ErrorClass.OPTED_OUT: (
        "This person has asked for no more texts, so the message was not sent. "
        "Phone them if they need to know."
    ),
    ErrorClass.BAD_NUMBER: (
        "The phone number does not exist or can't be reached, so the message was not sent. "
        "Check the number in the patient's record."
    ),
    ErrorClass.NOT_TEXTABLE: (
        "This number can't get texts; it may be a landline. Call the patient instead."
    ),
    ErrorClass.UNREACHABLE: (
        "The phone was off or out of reach, so the message did not arrive. "
        "Call the patient if it is urgent."
    ),
    ErrorClass.BLOCKED: (
        "The patient's phone company blocked the message. Call the patient instead."
    ),
    ErrorClass.AMBIGUOUS: (
        "We do not know whether the message arrived. Call the patient to make sure."
    ),
    ErrorClass.SENDER_CONFIG: (
        "The clinic's texting number is not set up correctly, so the message was not sent. "
        "Call the patient, and tell whoever looks after the texting service."
    ),
    ErrorClass.ACCOUNT: (
        "The clinic's texting account is not working, so no message can be sent now. "
        "Call the patient, and tell whoever looks after the texting service at once."
    ),
    ErrorClass.THROTTLE: (
        "Too many messages were waiting, so this one was not sent. "
        "Call the patient if it can't wait."
    ),
    ErrorClass.HOLD: (
        "The message was held back because of the hour. Call the patient if it can't wait."
    ),
    ErrorClass.TOO_LATE: (
        "The message could not leave in time, so it was not sent. Call the patient now."
    ),
    ErrorClass.OUR_BUG: (
        "The message could not be sent because of a mistake in this program. "
        "Call the patient, and tell whoever looks after the texting service."
    ),
    ErrorClass.CALL_REFUSED: ("The reminder call could not be made. Phone the patient yourself."),
    ErrorClass.OUR_WEBHOOK: (
        "The texting service could not read an answer of this program. "
        "Tell whoever looks after the texting service."
    ),
    ErrorClass.UNKNOWN: (
        "The message was not sent, for a reason we do not know. Call the patient."
    ),
}
