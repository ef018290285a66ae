"""What works everywhere, whatever is waiting: keys, and what the words for them mean."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Command(StrEnum):
    """What a patient can ask for at any time. In texts a goodbye is answered as thanks are."""

    MENU = "menu"
    GREETING = "greeting"
    BACK = "back"
    REPEAT = "repeat"
    HELP = "help"
    PERSON = "person"
    ENGLISH = "english"
    SPANISH = "spanish"
    THANKS = "thanks"
    GOODBYE = "goodbye"


COMMAND_KEYS: Final = {
    "0": Command.PERSON,
    "9": Command.MENU,
    "*": Command.REPEAT,
    "#": Command.BACK,
}
OPTION_KEYS: Final = ("1", "2", "3", "4", "5", "6", "7", "8")
