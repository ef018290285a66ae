"""Nothing personal survives being printed, formatted, logged or raised."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import traceback
import uuid
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from private import HIDDEN, Private, redact_processor, scrub

NUMBER = "+18285550142"
SPELLINGS = [
    NUMBER,
    "18285550142",
    "8285550142",
    "828-555-0142",
    "828.555.0142",
    "(828) 555-0142",
    "(828)555-0142",
    "1 (828) 555 0142",
    "+1 828 555 0142",
    "828 555 0142",
    "828\u2011555\u20110142",
    "828/555-0142",
    "%2B18285550142",
    "828+555+0142",
    "+442079460958",
    "+44 20 7946 0958",
    "+525512345678",
]


class TestPrivate:
    def test_every_text_form_is_hidden(self) -> None:
        phone = Private(NUMBER)
        shown = [str(phone), repr(phone), f"{phone}", f"{phone:>30}", f"{phone!r}", f"{[phone]}"]
        assert all(HIDDEN in text and "0142" not in text for text in shown)
        assert "%s" % phone == HIDDEN  # noqa: UP031 - this spelling is what is tested

    def test_reveal_gives_the_value_of_any_type(self) -> None:
        born = dt.date(1948, 3, 9)
        assert Private(born).reveal() is born
        assert Private(NUMBER).reveal() == NUMBER

    def test_it_compares_and_hashes_by_value_but_never_equals_the_bare_value(self) -> None:
        assert Private("a") == Private("a")
        assert Private("a") != Private("b")
        assert Private("a") != "a"
        assert len({Private("a"), Private("a"), Private("b")}) == 2

    def test_it_can_not_slip_into_json_or_a_joined_text(self) -> None:
        with pytest.raises(TypeError) as wrong_json:
            json.dumps({"phone": Private(NUMBER)})
        with pytest.raises(TypeError) as wrong_join:
            "".join([Private(NUMBER)])  # type: ignore[list-item]  # the mistake under test
        assert NUMBER not in str(wrong_json.value) + str(wrong_join.value)

    def test_it_has_no_dictionary_to_list(self) -> None:
        with pytest.raises(TypeError):
            vars(Private(NUMBER))


class TestScrub:
    @pytest.mark.parametrize("spelling", SPELLINGS)
    @pytest.mark.parametrize("around", ["{}", "to {}.", "({})", "To={}&x=1", '"{}"', "tel:{},"])
    def test_numbers_go_in_every_spelling_and_place(self, spelling: str, around: str) -> None:
        cleaned = scrub(around.format(spelling))
        assert HIDDEN in cleaned
        assert not any(part in cleaned for part in ("8285", "0142", "0958", "5678", "828", "20 7"))

    @pytest.mark.parametrize("extension", ["x12", "ext12", " ext. 12", "#12"])
    def test_an_extension_does_not_save_the_number(self, extension: str) -> None:
        assert "0142" not in scrub(f"call 828-555-0142{extension}")

    @pytest.mark.parametrize(
        "kept",
        [
            "SM82855501420000000000000000000000",
            "2026-11-21T10:00:00.123456Z",
            "2026-11-21 10:00:00+00:00",
            "1763683200",
            "took 0.8285550142 s",
            "192.168.100.100:5432",
            "HTTP 429, code 20429, 3 of 10",
            "8285550142abcdef8285550142abcdef",
        ],
    )
    def test_identifiers_and_times_stay(self, kept: str) -> None:
        assert scrub(kept) == kept

    @given(st.uuids())
    def test_our_own_ids_stay(self, value: uuid.UUID) -> None:
        assert scrub(f"o={value}") == f"o={value}"

    @given(st.text(), st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True), st.text())
    def test_an_e164_number_never_survives_any_surroundings(
        self, before: str, number: str, after: str
    ) -> None:
        assert number not in scrub(f"{before} {number} {after}")


class TestRedactProcessor:
    @pytest.mark.parametrize(
        "key",
        [
            "phone",
            "to",
            "from",
            "from_",
            "To",
            "From",
            "body",
            "Body",
            "first_name",
            "last_name",
            "date_of_birth",
            "dateOfBirth",
            "name",
            "from_number",
        ],
    )
    def test_telling_keys_are_hidden_whatever_they_hold(self, key: str) -> None:
        for value in ("Rosa", 5, {"a": "b"}, dt.date(1948, 3, 9), Private("Rosa")):
            assert redact_processor(None, "info", {"event": "x", key: value})[key] == HIDDEN

    def test_an_absent_value_stays_absent(self) -> None:
        assert redact_processor(None, "info", {"event": "x", "from_": None})["from_"] is None

    def test_nested_values_and_keys_are_cleaned(self) -> None:
        line = redact_processor(
            None,
            "info",
            {
                "event": f"reply from {NUMBER}",
                "form": {"To": NUMBER, "MessageSid": "SM1", "note": ["828-555-0142", 7]},
                "by_number": {NUMBER: 3},
                "patient_ref": Private("Rosa"),
                "error": ValueError(f"bad {NUMBER}"),
                "tries": 2,
                "late": False,
            },
        )
        assert line == {
            "event": f"reply from {HIDDEN}",
            "form": {"To": HIDDEN, "MessageSid": "SM1", "note": [HIDDEN, 7]},
            "by_number": {HIDDEN: 3},
            "patient_ref": HIDDEN,
            "error": f"ValueError('bad {HIDDEN}')",
            "tries": 2,
            "late": False,
        }

    def test_what_structlog_needs_for_foreign_lines_passes_untouched(self) -> None:
        record = logging.makeLogRecord({"msg": "x"})
        line = redact_processor(
            None, "info", {"event": "x", "_record": record, "_from_structlog": False}
        )
        assert line["_record"] is record


@pytest.fixture
def log_output() -> Iterator[io.StringIO]:
    """A JSON log as in production, written to memory."""
    written = io.StringIO()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            redact_processor,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(written),
        cache_logger_on_first_use=False,
    )
    yield written
    structlog.reset_defaults()


class TestWholeLog:
    def test_a_line_with_a_traceback_holds_no_number(self, log_output: io.StringIO) -> None:
        log = structlog.get_logger()
        try:
            raise LookupError(f"/Messages.json?To=%2B{NUMBER[1:]}")
        except LookupError:
            log.exception("send failed", phone=Private(NUMBER), sid="SM1")
            assert "8285550142" in traceback.format_exc()
        line = json.loads(log_output.getvalue())
        assert line["sid"] == "SM1"
        assert "LookupError" in line["exception"]
        assert "8285550142" not in log_output.getvalue()
        assert line["phone"] == HIDDEN
