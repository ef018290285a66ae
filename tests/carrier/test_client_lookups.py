"""Looking up what became of texts, against a real socket."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from carrier.client import CarrierError, CarrierMessage
from tests.support.carrier_line import CLINIC, MESSAGES, PATIENT, client
from tests.support.scripted_server import Answer, ScriptedServer, resets, says


def record(sid: str, created: str | None, **changed: object) -> dict[str, object]:
    return {
        "sid": sid,
        "to": PATIENT,
        "from": CLINIC,
        "body": "Hello",
        "status": "sent",
        "direction": "outbound-api",
        "error_code": None,
        "date_created": created,
    } | changed


class TestFindTexts:
    since = dt.datetime(2026, 11, 21, 10, 0, 30, 400_000, dt.UTC)

    def found(self, *records: dict[str, object], since: dt.datetime | None = None) -> list[str]:
        answer = says(200, {"messages": records, "next_page_uri": None})
        with ScriptedServer(answer) as server, client(server.address) as carrier:
            messages = carrier.find_texts(PATIENT, since or self.since)
        (request,) = server.requests
        assert (request.method, request.path) == ("GET", f"{MESSAGES}.json")
        assert request.query == {"To": [PATIENT], "PageSize": ["100"]}
        return [message.sid for message in messages]

    def test_ours_from_that_second_on(self) -> None:
        assert self.found(
            record("SM5", None),
            record("SM4", "Sat, 21 Nov 2026 10:05:00 +0000"),
            record("SM3", "Sat, 21 Nov 2026 10:00:30 +0000"),
            record("SM2", "Sat, 21 Nov 2026 10:00:29 +0000"),
            record("SM1", "Fri, 20 Nov 2026 10:00:30 +0000"),
        ) == ["SM5", "SM4", "SM3"]

    def test_a_moment_in_another_zone_is_the_same_moment(self) -> None:
        local = self.since.astimezone(ZoneInfo("America/New_York"))
        sent, earlier = "Sat, 21 Nov 2026 10:00:30 +0000", "Sat, 21 Nov 2026 10:00:29 +0000"
        assert self.found(record("SM2", sent), record("SM1", earlier), since=local) == ["SM2"]

    def test_a_moment_without_a_zone_is_refused(self) -> None:
        with client("http://127.0.0.1:9") as carrier, pytest.raises(ValueError, match="time zone"):
            carrier.find_texts(PATIENT, self.since.replace(tzinfo=None))

    def test_replies_and_inbound_texts_are_not_ours(self) -> None:
        now = "Sat, 21 Nov 2026 10:05:00 +0000"
        assert (
            self.found(
                record("SM1", now, direction="outbound-reply"),
                record("SM2", now, direction="inbound"),
            )
            == []
        )

    def test_a_second_page(self) -> None:
        now = "Sat, 21 Nov 2026 10:05:00 +0000"
        pages = [
            {"messages": [record("SM2", now)], "next_page_uri": f"{MESSAGES}.json?To=x&Page=1"},
            {"messages": [record("SM1", now)], "next_page_uri": None},
        ]
        answers = [says(200, page) for page in pages]
        with ScriptedServer(*answers) as server, client(server.address) as carrier:
            messages = carrier.find_texts(PATIENT, self.since)
        assert [message.sid for message in messages] == ["SM2", "SM1"]
        assert server.requests[1].query == {"To": ["x"], "Page": ["1"]}

    def test_none(self) -> None:
        assert self.found() == []

    @pytest.mark.parametrize(
        "answer",
        [
            says(500, ""),
            says(401, {"code": 20003}),
            says(429, ""),
            says(200, "{"),
            says(200, "[]"),
            says(200, {"messages": [{}]}),
            says(200, {"messages": [None]}),
            resets,
        ],
    )
    def test_no_answer_is_never_taken_for_none(self, answer: Answer) -> None:
        with (
            ScriptedServer(answer) as server,
            client(server.address) as carrier,
            pytest.raises(CarrierError) as raised,
        ):
            carrier.find_texts(PATIENT, self.since)
        assert raised.value.__suppress_context__
        assert not any(part in str(raised.value) for part in (PATIENT, "%2B", "http"))


class TestFetchText:
    def fetch(self, answer: Answer) -> CarrierMessage | None:
        with ScriptedServer(answer) as server, client(server.address) as carrier:
            message = carrier.fetch_text("SM1")
        assert server.requests[0].path == f"{MESSAGES}/SM1.json"
        return message

    def test_all_that_is_known(self) -> None:
        created = "Sat, 21 Nov 2026 10:05:00 +0000"
        answer = says(200, record("SM1", created, status="undelivered", error_code=30003))
        assert self.fetch(answer) == CarrierMessage(
            sid="SM1",
            to=PATIENT,
            from_number=CLINIC,
            body="Hello",
            status="undelivered",
            error_code=30003,
            created_at=dt.datetime(2026, 11, 21, 10, 5, tzinfo=dt.UTC),
        )

    def test_no_such_message(self) -> None:
        assert self.fetch(says(404, {"code": 20404, "message": "x"})) is None

    @pytest.mark.parametrize("answer", [says(503, ""), says(404, "<html>"), says(200, "{}")])
    def test_no_usable_answer(self, answer: Answer) -> None:
        with pytest.raises(CarrierError, match="no usable answer"):
            self.fetch(answer)
