"""The codes of the second step."""

from __future__ import annotations

import base64
import datetime as dt
from urllib.parse import unquote

import pyotp
import pytest

from admin.second_step import in_groups, new_secret, qr_code, right_step
from tests.support.csv_files import NOW

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = int(NOW.timestamp()) // 30


def code_at(seconds: int) -> str:
    return pyotp.TOTP(SECRET).at(NOW + dt.timedelta(seconds=seconds))


def test_the_standard_s_own_example() -> None:
    """RFC 6238, appendix B: time 59 s, the last six of 94287082."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert right_step(secret, "287082", dt.datetime.fromtimestamp(59, dt.UTC), None) == 1


@pytest.mark.parametrize(("seconds", "step"), [(0, STEP), (30, STEP + 1), (-30, STEP - 1)])
def test_a_phone_s_clock_may_be_a_little_off(seconds: int, step: int) -> None:
    assert right_step(SECRET, code_at(seconds), NOW, None) == step


@pytest.mark.parametrize("seconds", [60, -60, 3600])
def test_a_code_of_another_time_is_wrong(seconds: int) -> None:
    assert right_step(SECRET, code_at(seconds), NOW, None) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "000000"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert right_step(SECRET, code, NOW, None) is None


def test_blanks_in_a_code_do_not_matter() -> None:
    code = code_at(0)
    assert right_step(SECRET, f" {code[:3]} {code[3:]} ", NOW, None) == STEP


def test_a_used_step_and_those_before_are_gone() -> None:
    assert right_step(SECRET, code_at(0), NOW, STEP) is None
    assert right_step(SECRET, code_at(-30), NOW, STEP) is None
    assert right_step(SECRET, code_at(30), NOW, STEP) == STEP + 1


def test_the_square_is_an_image_without_anything_else() -> None:
    image = unquote(qr_code(new_secret(), "pat@example.org"))
    assert image.startswith("data:image/svg+xml")
    assert "<script" not in image
    assert "style=" not in image


def test_the_secret_can_be_typed() -> None:
    assert in_groups("ABCDEFGHIJ") == "ABCD EFGH IJ"
    assert len(new_secret()) == 32
    assert new_secret() != new_secret()
