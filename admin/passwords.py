"""Passwords: hashed with Argon2id, checked as slowly for strangers, and never a common one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from admin.words import gettext as _

SHORTEST: Final = 12
LONGEST: Final = 200
_WAIT_SECONDS: Final = 2.0
_AT_ONCE: Final = BoundedSemaphore(2)  # each takes 64 MiB and a tenth of a second of a core
_HASHER: Final = PasswordHasher()
_NOBODY: Final = (  # what is checked for an address without an account, so that it takes as long
    "$argon2id$v=19$m=65536,t=3,p=4$5WkIJKoaDOyVkfuPaWP1hQ$"
    "0000000000000000000000000000000000000000000"
)
_COMMON: Final = frozenset(
    """
    abc abcd abcdef admin administrator baseball changeme clinic computer coordinator dragon
    football fracture hello hospital iloveyou kyphoplasty letmein login manager master medical
    monkey mustang nurse passphrase password patient prepline princess qwerty qwertyuiop radiology
    secret shadow starwars summer sunshine superman temp test trustno vertebroplasty welcome winter
    spring autumn asdf asdfgh asdfghjkl zxcvbn zxcvbnm
    """.split()
)
_ROWS: Final = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LEET: Final = str.maketrans("013457@$!", "oieastasi")


class TooManySignInsError(Exception):
    """More people sign in at this moment than the server can check; trying again soon helps."""


def hash_password(password: str) -> str:
    """What is stored of a password. Raises `TooManySignInsError`."""
    with _a_turn():
        return _HASHER.hash(_plain(password))


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one; takes as long where nothing is stored.

    Raises `TooManySignInsError`.
    """
    with _a_turn():
        try:
            return _HASHER.verify(stored or _NOBODY, _plain(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than those of today."""
    return _HASHER.check_needs_rehash(stored)


@contextmanager
def _a_turn() -> Iterator[None]:
    """Texts of patients are answered by the same process: sign-ins must not take all of it."""
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise TooManySignInsError
    try:
        yield
    finally:
        _AT_ONCE.release()


def problem(password: str, email: str) -> str | None:
    """Why a new password will not do, in a sentence; `None` if it will."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        return _("This is too short. Use at least 12 characters; a few unrelated words are good.")
    if len(plain) > LONGEST:
        return _("This is too long. Use at most 200 characters.")
    bare = plain.lower()
    if bare == email or (len(email) >= SHORTEST and email in bare):
        return _("Use something other than your e-mail address.")
    if is_common(bare):
        return _("This is easy to guess. Use a few words that have nothing to do with each other.")
    return None


def is_common(password: str) -> bool:
    """Whether a lower-case password is made of one common word, one run of keys or few signs."""
    if len(set(password)) <= 4 or _is_run(password):
        return True
    words = re.findall(r"[a-z]+", password)
    guesses = [*words, *re.findall(r"[a-z]+", password.translate(_LEET).strip("0123456789"))]
    longest = max(guesses, key=len, default="")
    return (
        set(words) <= _COMMON
        or (longest in _COMMON and len(longest) >= len(password) / 2)
        or _is_repeated(longest)
        or _is_repeated(password)
    )


def _is_run(password: str) -> bool:
    """Neighbours on a keyboard or in the alphabet, whatever the direction: 1234567890123."""
    pairs = [password[at : at + 2] for at in range(len(password) - 1)]
    runs = [pair for pair in pairs if any(pair in row or pair[::-1] in row for row in _ROWS)]
    return len(runs) >= 0.8 * len(pairs)


def _is_repeated(text: str) -> bool:
    """`passwordpassword`, `abc1abc1abc1`."""
    return bool(re.fullmatch(r"(.+?)\1+", text)) and len(text) > 1


def _plain(password: str) -> str:
    """The same password from every keyboard: composed letters, no compatibility forms."""
    return unicodedata.normalize("NFKC", password)
