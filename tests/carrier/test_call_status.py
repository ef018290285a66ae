"""What the end of a call says about reaching the patient."""

from __future__ import annotations

import pytest
from twilio.rest.api.v2010.account.call import CallInstance

from carrier.call_status import CallEnd, call_end, is_under_way

E = CallEnd
WORDS = sorted(
    value for name, value in vars(CallInstance.Status).items() if not name.startswith("_")
)
"""Every word that the library knows."""


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_twilio_s_is_either_under_way_or_an_end(word: str) -> None:
    assert is_under_way(word) == (call_end(word, None) is None)


@pytest.mark.parametrize("word", ["initiated", "answered"])
def test_the_words_of_callbacks_too(word: str) -> None:
    assert is_under_way(word)
    assert call_end(word, None) is None


@pytest.mark.parametrize(
    ("word", "end"),
    [
        ("completed", E.OVER),
        ("busy", E.NOT_REACHED),
        ("no-answer", E.NOT_REACHED),
        ("canceled", E.NOT_REACHED),
        ("failed", E.NOT_REACHED),
    ],
)
def test_ends_without_a_code(word: str, end: CallEnd) -> None:
    assert call_end(word, None) is end


@pytest.mark.parametrize(
    ("code", "end"),
    [
        *((code, E.NO_SUCH_NUMBER) for code in (404, 484, 604)),
        *((code, E.BLOCKED) for code in (607, 608)),
        *((code, E.NOT_REACHED) for code in (480, 486, 487, 500, 503, 600, 603)),
        *((code, E.NOT_REACHED) for code in (0, 200, 999999)),
    ],
)
def test_the_code_of_a_failure_tells_more(code: int, end: CallEnd) -> None:
    assert call_end("failed", code) is end


@pytest.mark.parametrize("code", [404, 607])
def test_a_call_that_was_answered_reached_a_number_that_exists(code: int) -> None:
    """A code beside any other end than a failure to get through says nothing about the number."""
    assert call_end("completed", code) is E.OVER
    assert call_end("in-progress", code) is None


@pytest.mark.parametrize("word", ["", "COMPLETED", "odd", "no answer", "delivered"])
def test_an_unknown_word_is_neither(word: str) -> None:
    assert call_end(word, 404) is None
    assert not is_under_way(word)
