"""Twilio's own handling of STOP and START on a long code, for those who want it on.

The words and the rule that the whole text must be one of them come from Twilio's description of its
default opt-out handling; the confirmations are worded here.
"""

from enum import StrEnum

_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})


class Keyword(StrEnum):
    """What a keyword asks of the carrier."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


CONFIRMATION = {
    Keyword.STOP: "You have left this number's list and get no more texts. Text START to return.",
    Keyword.START: "You are back on this number's list and will get its texts. Text STOP to leave.",
    Keyword.HELP: "Text STOP to get no more texts from this number. Message rates may apply.",
}


def keyword_of(body: str) -> Keyword | None:
    """The keyword that a text consists of, in any case; None if there is anything beside it."""
    word = body.strip().upper()
    for keyword, words in ((Keyword.STOP, _STOP), (Keyword.START, _START), (Keyword.HELP, _HELP)):
        if word in words:
            return keyword
    return None
