"""Reports on our own texts: late, repeated, out of order, unknown, sooner than our own commit."""

from __future__ import annotations

import datetime as dt
import secrets

import pytest

from db.models import Contact, OptChange, Reminder, ReminderEvent, Task
from scheduler.outcomes import RECEIPT
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.talks import stored_talk
from tests.support.web import PATIENT, Bot, Reply, counts

SID = "SM" + "a" * 32
NEWS = NOW + dt.timedelta(minutes=1)


class Sent:
    """A bot, and the first reminder of a booked appointment, as if a worker had sent it."""

    def __init__(self, bot: Bot, **state: object) -> None:
        self.bot = bot
        booked(bot.database, stored_clinic(bot.database), NOW)
        values = {"status": "sent", "to": PATIENT, "body": "...", "sid": SID, "sent_at": NOW}
        with bot.database.transaction() as session:
            row = session.get_one(Reminder, 1)
            row.next_at, row.carrier_status, row.attempts = None, "queued", 1
            for name, value in (values | state).items():
                setattr(row, name, value)
        bot.clock.now = NEWS

    def hears(self, status: str, query: str = "?r=1", **changes: str | None) -> Reply:
        """A signed report arrives and is taken."""
        form = {"MessageSid": SID, "MessageStatus": status, "To": PATIENT, **changes}
        given = {name: value for name, value in form.items() if value is not None}
        reply = self.bot.post(f"/sms/status{query}", given)
        assert (reply.status, reply.body) == (204, b"")
        return reply

    @property
    def row(self) -> Reminder:
        return self.bot.rows(Reminder)[0]

    @property
    def reports(self) -> list[tuple[str | None, int | None]]:
        """What was written down of reports, in their order."""
        events = self.bot.rows(ReminderEvent)
        return [(each.detail, each.error_code) for each in events if each.what == "report"]


@pytest.fixture
def sent(bot: Bot) -> Sent:
    return Sent(bot)


@pytest.mark.parametrize(
    ("reports", "status", "carrier_status"),
    [
        (["sent"], "sent", "sent"),
        (["delivered"], "delivered", "delivered"),
        (["sent", "delivered"], "delivered", "delivered"),
        (["delivered", "sent"], "delivered", "delivered"),
        (["delivered", "delivered"], "delivered", "delivered"),
        (["delivered", "read"], "delivered", "delivered"),
        (["read", "delivered"], "delivered", "read"),
        (["DELIVERED"], "delivered", "delivered"),
        (["undelivered"], "failed", "undelivered"),
        (["failed"], "failed", "failed"),
        (["canceled"], "failed", "canceled"),
        (["undelivered", "sent"], "failed", "undelivered"),
        (["undelivered", "failed"], "failed", "undelivered"),
        (["undelivered", "delivered"], "delivered", "delivered"),
        (["delivered", "undelivered"], "delivered", "delivered"),
        (["queued", "sending", "sent"], "sent", "sent"),
        (["sent", "queued"], "sent", "sent"),
        (["teleported"], "sent", "queued"),
        (["delivered", "teleported"], "delivered", "delivered"),
        ([""], "sent", "queued"),
        (["x" * 500], "sent", "queued"),
        (["de\0livered"], "delivered", "delivered"),
    ],
)
def test_how_far_the_text_has_come(
    sent: Sent, reports: list[str], status: str, carrier_status: str
) -> None:
    for report in reports:
        sent.hears(report)
    row = sent.row
    assert (row.status, row.carrier_status, row.sid) == (status, carrier_status, SID)
    assert row.next_at is None
    assert len(sent.reports) == len(reports)


def test_a_repeated_report_changes_nothing_but_is_written_down(sent: Sent) -> None:
    for minutes in range(3):
        sent.bot.clock.now = NEWS + dt.timedelta(minutes=minutes)
        sent.hears("delivered")
        sent.hears("sent")
    assert sent.row.settled_at == NEWS
    assert [detail for detail, _ in sent.reports] == ["delivered", "sent"] * 3


@pytest.mark.parametrize(
    ("code", "reason", "contact", "opted_out"),
    [
        ("30004", "undelivered", {"textable": True, "reachable": True}, False),
        ("30006", "not_textable", {"textable": False, "reachable": True}, False),
        ("30007", "undelivered", {"textable": True, "reachable": True}, False),
        ("21610", "opted_out", {"textable": True, "reachable": True}, True),
        ("21211", "bad_number", {"textable": True, "reachable": False}, False),
        ("30036", "too_late", {"textable": True, "reachable": True}, False),
        ("99999", "undelivered", {"textable": True, "reachable": True}, False),
        ("", "undelivered", {"textable": True, "reachable": True}, False),
        ("garbage", "undelivered", {"textable": True, "reachable": True}, False),
        ("9" * 5000, "undelivered", {"textable": True, "reachable": True}, False),
        ("-1", "undelivered", {"textable": True, "reachable": True}, False),
    ],
)
def test_a_failure_tells_of_the_phone_and_asks_to_call(
    sent: Sent, code: str, reason: str, contact: dict[str, bool], opted_out: bool
) -> None:
    for _ in range(2):
        sent.hears("undelivered", ErrorCode=code)
    expected_code = int(code) if code.isdigit() and len(code) == 5 else None
    row, phone, task = sent.row, sent.bot.row(Contact), sent.bot.row(Task)
    assert (row.status, row.reason, row.error_code) == ("failed", reason, expected_code)
    assert (row.settled_at, task.created_at, task.done_at) == (NEWS, NEWS, None)
    assert (task.kind, task.reason, task.appointment_id) == ("unreachable", reason, 1)
    assert {"textable": phone.textable, "reachable": phone.reachable} == contact
    assert phone.opted_out_at == (NEWS if opted_out else None)
    assert [change.how for change in sent.bot.rows(OptChange)] == ["carrier"] * opted_out
    assert sent.reports == [("undelivered", expected_code)] * 2


@pytest.mark.parametrize("code", ["30003", "30005", "30008", "30017"])
def test_a_phone_out_of_reach_is_tried_again_after_a_pause(sent: Sent, code: str) -> None:
    for _ in range(2):
        sent.hears("undelivered", ErrorCode=code)
    row = sent.row
    assert (row.status, row.reason, row.error_code) == ("planned", "undelivered", int(code))
    assert (row.sid, row.token, row.settled_at, row.attempts) == (None, None, None, 1)
    assert row.next_at is not None
    assert NEWS + dt.timedelta(minutes=7.5) <= row.next_at <= NEWS + dt.timedelta(minutes=15)
    assert sent.bot.rows(Task) == []
    assert sent.reports == [("undelivered", int(code))] * 2


def test_out_of_reach_for_the_third_time_it_is_given_up(bot: Bot) -> None:
    sent = Sent(bot, attempts=3)
    sent.hears("undelivered", ErrorCode="30003")
    assert (sent.row.status, sent.row.reason, sent.row.next_at) == ("failed", "undelivered", None)
    assert bot.row(Task).reason == "undelivered"


@pytest.mark.parametrize(("code", "thought"), [("30003", "planned"), ("30007", "failed")])
def test_a_text_that_arrived_after_all_is_delivered(sent: Sent, code: str, thought: str) -> None:
    """Whether a further attempt was planned or somebody was asked to phone: neither is needed."""
    sent.hears("undelivered", ErrorCode=code)
    assert sent.row.status == thought
    sent.hears("delivered")
    row = sent.row
    assert (row.status, row.reason, row.sid, row.next_at) == ("delivered", None, SID, None)
    assert [task.done_at for task in sent.bot.rows(Task)] == [NEWS] * (thought == "failed")


@pytest.mark.parametrize(
    "query",
    [
        *("?r=999", "?r=999999999", "?r=2147483648", "?r=-1"),
        *("?r=abc", "?r=", "?r=%00", "?r=1.0", "?r=%D9%A1", "?r=" + "9" * 5000, "?q=1", ""),
    ],
)
def test_a_report_on_an_unknown_text_changes_nothing(sent: Sent, query: str) -> None:
    before, row = counts(sent.bot.database), sent.row
    other = secrets.token_hex(16)
    sent.hears("delivered", query, MessageSid=other)
    for no_sid in (None, "", "\0"):
        sent.hears("delivered", query, MessageSid=no_sid)
    assert counts(sent.bot.database) == before
    assert (sent.row.status, sent.row.carrier_status) == (row.status, row.carrier_status)


@pytest.mark.parametrize("query", ["", "?r=", "?r=abc", "?r=" + "9" * 5000, "?r=2147483648"])
def test_without_our_id_the_carrier_s_tells_which(sent: Sent, query: str) -> None:
    sent.hears("delivered", query)
    assert sent.row.status == "delivered"


def test_the_older_names_of_the_parameters_will_do(sent: Sent) -> None:
    sent.hears("", MessageSid=None, MessageStatus=None, SmsSid=SID, SmsStatus="delivered")
    assert sent.row.status == "delivered"


def test_a_report_on_another_attempt_of_the_row_does_not_count(sent: Sent) -> None:
    sent.hears("undelivered", MessageSid="SM" + "b" * 32, ErrorCode="30003")
    assert (sent.row.status, sent.row.sid) == ("sent", SID)
    assert sent.reports == [("undelivered", 30003)]


class TestBeforeOurOwnCommit:
    """The carrier reports on a text before the worker has written down that it took it."""

    @pytest.mark.parametrize("status", ["sending", "in_doubt"])
    @pytest.mark.parametrize(
        ("report", "becomes"),
        [
            ("queued", "sent"),
            ("sent", "sent"),
            ("delivered", "delivered"),
            ("undelivered", "failed"),
            ("teleported", "sent"),
            ("y" * 64, "sent"),
        ],
    )
    def test_the_row_takes_the_carrier_s_id(
        self, bot: Bot, status: str, report: str, becomes: str
    ) -> None:
        state = {"status": status, "sid": None, "carrier_status": None, "sent_at": None}
        sent = Sent(bot, **state, token="lease", next_at=NOW + dt.timedelta(minutes=5))
        sent.hears(report)
        row = sent.row
        look_again = NEWS + RECEIPT if becomes == "sent" else None
        assert (row.status, row.sid, row.token, row.next_at) == (becomes, SID, None, look_again)
        assert row.sent_at == NEWS
        with bot.database.reading() as session:
            talk = stored_talk(session, bot.row(Contact).id)
        assert talk is not None
        assert [subject.appointment for subject in talk.about] == [1]

    def test_its_reply_keys_are_live_at_once(self, bot: Bot) -> None:
        sent = Sent(bot, status="sending", sid=None, token="lease")
        sent.hears("sent")
        assert "you will be there" in bot.says("1")

    @pytest.mark.parametrize("status", ["cancelled", "skipped", "missed"])
    def test_a_row_that_never_went_out_stays_as_it_is(self, bot: Bot, status: str) -> None:
        sent = Sent(bot, status=status, sid=None, carrier_status=None)
        sent.hears("delivered")
        assert (sent.row.status, sent.row.sid) == (status, None)
