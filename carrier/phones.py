"""Phone numbers: from the way people write them to E.164, and who may be behind one."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

import phonenumbers

_PERSON: Final = re.compile(r"\+1[2-9]\d{2}[2-9]\d{6}", re.ASCII)
_SHORT_CODE: Final = re.compile(r"\d{5,6}", re.ASCII)
_WRITTEN_BY_A_SPREADSHEET: Final = re.compile(r"(1?\d{10})\.0", re.ASCII)

_WITHHELD: Final = frozenset(
    {
        "",
        "anonymous",
        "blocked",
        "private",
        "restricted",
        "unavailable",
        "unknown",
        "+266696687",  # ANONYMOUS on a telephone keypad, and so on
        "+7378742833",  # RESTRICTED
        "+8656696",  # UNKNOWN
        "+86282452253",  # UNAVAILABLE
        "+2562533",  # BLOCKED
    }
)


class PhoneError(ValueError):
    """A phone number that can't be used; the text is for the person who entered it.

    It says what is wrong and what to write, and never repeats the number itself.
    """


class SenderKind(StrEnum):
    """Who a text or a call comes from, as far as the carrier tells."""

    PERSON = "person"
    """A number of the North American plan, which a patient can have."""
    SHORT_CODE = "short_code"
    """Five or six digits: a business's bulk sender, never a patient."""
    WITHHELD = "withheld"
    """The caller hides the number, or the network lost it."""
    OTHER = "other"
    """Anything else: a name as sender, a foreign number, a SIP address."""


def parse_us(text: str) -> str:
    """The E.164 form (`+1` and ten digits) of a number as a US office writes it.

    Any usual spelling will do: brackets, dots, dashes, blanks, with or without the 1. What comes
    back always satisfies `is_person`. Area codes are not looked up: new ones appear every year,
    and one that is not in use is refused by the carrier with the first text.

    Raises `PhoneError` with a sentence for whoever entered the number.
    """
    written = _WRITTEN_BY_A_SPREADSHEET.sub(r"\1", text.strip()).removeprefix("tel:")
    if not written:
        raise PhoneError("No phone number is given. Write ten digits, with the area code.")
    number = _read(written)
    if number.extension:
        raise PhoneError(
            "This phone number has an extension, and a text can't reach an extension. "
            "Give the patient's own number."
        )
    if any(character.isalpha() for character in written):
        raise PhoneError("This phone number has letters in it. Write only the number.")
    if number.country_code != 1:
        raise PhoneError(
            "This phone number begins with + and a country code other than 1. "
            "Write a US number: ten digits, with the area code."
        )
    return _checked(number)


def _read(written: str) -> phonenumbers.PhoneNumber:
    try:
        return phonenumbers.parse(written, "US")
    except phonenumbers.NumberParseException:
        # Raised anew from nothing: the library's own text may hold a part of the number.
        raise PhoneError(
            "This is not one phone number. Write ten digits, with the area code."
        ) from None


def _checked(number: phonenumbers.PhoneNumber) -> str:
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if is_person(e164):
        return e164
    digits = len(e164) - len("+1")
    if digits != 10:
        raise PhoneError(
            f"A US phone number has ten digits, with the area code; this one has {digits}."
        )
    raise PhoneError(
        "No US phone number looks like this: neither the area code nor the three digits after "
        "it begin with 0 or 1. Check it for a typing mistake."
    )


def is_person(text: str) -> bool:
    """Whether this is the E.164 form of a number that a patient can have (US and neighbours)."""
    return _PERSON.fullmatch(text) is not None


def sender_kind(text: str | None) -> SenderKind:
    """What kind of sender a webhook's `From` names; no sender at all counts as withheld."""
    sender = (text or "").strip()
    if is_person(sender):
        return SenderKind.PERSON
    if sender.casefold() in _WITHHELD:
        return SenderKind.WITHHELD
    if _SHORT_CODE.fullmatch(sender):
        return SenderKind.SHORT_CODE
    return SenderKind.OTHER


def masked(e164: str) -> str:
    """The last four digits behind an ellipsis (`…0142`): enough to tell two patients apart.

    Anything shorter than a whole number is hidden altogether.
    """
    return f"…{e164[-4:]}" if len(e164) >= 10 else "…"


def pretty(e164: str) -> str:
    """The number as people here read it, `(828) 555-0142`; foreign ones stay as they are."""
    if not is_person(e164):
        return e164
    return f"({e164[2:5]}) {e164[5:8]}-{e164[8:]}"
