"""Which class an error falls into, and what a coordinator reads about it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carrier.errors import _CODES, ErrorClass, classify

E = ErrorClass


class TestByCode:
    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (21610, E.OPTED_OUT),
            (21211, E.BAD_NUMBER),
            (30006, E.NOT_TEXTABLE),
            (21614, E.NOT_TEXTABLE),
            (30003, E.UNREACHABLE),
            (30005, E.UNREACHABLE),
            (30007, E.BLOCKED),
            (30004, E.BLOCKED),
            (30410, E.AMBIGUOUS),
            (30034, E.SENDER_CONFIG),
            (21408, E.SENDER_CONFIG),
            (20003, E.ACCOUNT),
            (63038, E.ACCOUNT),
            (30001, E.THROTTLE),
            (21611, E.THROTTLE),
            (30610, E.HOLD),
            (30036, E.TOO_LATE),
            (21617, E.OUR_BUG),
            (21214, E.CALL_REFUSED),
            (12100, E.OUR_WEBHOOK),
        ],
    )
    def test_the_same_in_an_answer_and_in_a_report(self, code: int, expected: ErrorClass) -> None:
        assert classify(code, 400) is expected
        assert classify(code, None) is expected

    def test_each_code_has_one_class(self) -> None:
        codes = [code for group in _CODES.values() for code in group]
        assert len(codes) == len(set(codes))

    def test_each_class_but_the_unknown_has_codes(self) -> None:
        assert set(_CODES) == set(E) - {E.UNKNOWN}

    def test_a_refusal_by_code_outweighs_the_status(self) -> None:
        assert classify(21610, 500) is E.OPTED_OUT


class TestByStatus:
    @pytest.mark.parametrize("code", [None, 99999])
    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            (429, E.THROTTLE),
            (401, E.ACCOUNT),
            (403, E.ACCOUNT),
            (408, E.AMBIGUOUS),
            (500, E.AMBIGUOUS),
            (502, E.AMBIGUOUS),
            (503, E.AMBIGUOUS),
            (599, E.AMBIGUOUS),
            (400, E.UNKNOWN),
            (404, E.UNKNOWN),
            (307, E.UNKNOWN),
            (None, E.UNKNOWN),
        ],
    )
    def test_where_the_code_is_unknown(
        self, code: int | None, status: int | None, expected: ErrorClass
    ) -> None:
        assert classify(code, status) is expected

    def test_a_code_that_is_an_http_status_in_truth(self) -> None:
        assert classify(503, None) is E.AMBIGUOUS
        assert classify(429, None) is E.THROTTLE

    @given(st.integers() | st.none(), st.integers(500, 599))
    def test_no_server_error_is_ever_safe_to_repeat_unless_its_code_says_so(
        self, code: int | None, status: int
    ) -> None:
        known = code in {code for group in _CODES.values() for code in group}
        assert known or classify(code, status) is E.AMBIGUOUS


class TestSentences:
    @pytest.mark.parametrize("kind", list(E))
    def test_plain_words_and_something_to_do(self, kind: ErrorClass) -> None:
        sentence = kind.sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert re.search(r"\b([Cc]all|[Pp]hone|[Cc]heck|[Tt]ell)\b", sentence)
        assert not re.search(r"(?i)twilio|http|error|code|api|webhook|sms|[0-9]", sentence)
        assert all(len(part.split()) <= 22 for part in re.split(r"[.;]", sentence))

    def test_each_class_has_its_own(self) -> None:
        assert len({kind.sentence for kind in E}) == len(E)
