"""Which passwords are taken, and how they are checked."""

from __future__ import annotations

import statistics
import threading
import time

import pytest

from admin import passwords
from admin.passwords import TooManySignInsError, hash_password, is_outdated, is_right, problem
from tests.support.site import PASSWORD, password_hash

EMAIL = "mary.sample@example.org"


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """Here the work is that of the product."""


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "too short"),
        ("elevenchars", "too short"),
        ("x" * 201, "too long"),
        (EMAIL, "e-mail"),
        (EMAIL.upper(), "e-mail"),
        (f"{EMAIL}1", "e-mail"),
        ("password1234", "guess"),
        ("Password2026!", "guess"),
        ("P@ssw0rd2026!", "guess"),
        ("passwordpassword", "guess"),
        ("prepline2026", "guess"),
        ("welcome clinic", "guess"),
        ("123456789012", "guess"),
        ("qwertyuiop123", "guess"),
        ("abcdefghijklm", "guess"),
        ("aaaaaaaaaaaaaaaa", "guess"),
        ("tractor1tractor1", "guess"),
        ("111222333444", "guess"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(password: str, said: str) -> None:
    reason = problem(password, EMAIL)
    assert reason is not None
    assert said in reason


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "twelve chars",
        "k8#vQz!m2Lp$",
        "sunshine over lamp posts",
        "caballo batería grapa",
        "x" * 4 + "correct horse",
        "q" + "zñ1x" * 49,
    ],
)
def test_a_good_password_is_taken(password: str) -> None:
    assert problem(password, EMAIL) is None


def test_a_password_is_the_same_from_every_keyboard() -> None:
    stored = hash_password("batería grapa caballo")
    assert is_right("bateri\u0301a grapa caballo", stored)
    assert not is_right("bateria grapa caballo", stored)


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    one, other = password_hash(), hash_password(PASSWORD)
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != other
    assert not is_outdated(one)
    assert is_outdated(one.replace("t=3", "t=1"))


def test_nothing_fits_where_nothing_is_stored() -> None:
    assert not is_right(PASSWORD, None)
    assert not is_right(PASSWORD, "not a hash")


def test_a_stranger_is_checked_as_long() -> None:
    def seconds(stored: str | None) -> float:
        began = time.process_time()
        is_right("something else", stored)
        return time.process_time() - began

    known = statistics.median(seconds(password_hash()) for _ in range(3))
    unknown = statistics.median(seconds(None) for _ in range(3))
    assert 0.5 < unknown / known < 2


def test_sign_ins_take_a_part_of_the_server_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_WAIT_SECONDS", 0.01)
    assert passwords._AT_ONCE.acquire(timeout=5)
    assert passwords._AT_ONCE.acquire(timeout=5)
    try:
        refused: list[bool] = []

        def attempt() -> None:
            try:
                is_right(PASSWORD, None)
            except TooManySignInsError:
                refused.append(True)

        thread = threading.Thread(target=attempt)
        thread.start()
        thread.join()
        assert refused == [True]
    finally:
        passwords._AT_ONCE.release()
        passwords._AT_ONCE.release()
    assert not is_right(PASSWORD, None)
