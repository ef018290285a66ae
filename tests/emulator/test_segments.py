"""Segments against vectors of the GSM specification, and rules that hold for every text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.segments import BASIC, EXTENDED, size_of


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("¿Señal? Ñandú".replace("ú", "ü"), "GSM-7", 13, 1),
        ("está", "UCS-2", 4, 1),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 66 + "😀" + "á" * 66, "UCS-2", 134, 3),
    ],
)
def test_known_sizes(text: str, encoding: str, units: int, segments: int) -> None:
    size = size_of(text)
    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_the_alphabet_is_complete() -> None:
    assert len(BASIC) == 127, "128 codes, one of them the escape"
    assert len(EXTENDED) == 10
    assert not BASIC & EXTENDED


@given(st.text(max_size=400), st.characters())
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    before, after = size_of(text), size_of(text + more)
    assert after.segments >= before.segments
    assert after.units <= after.capacity
