"""Tomorrow's messages as a page and as CSV; on both databases."""

from __future__ import annotations

import csv
import io

from sqlalchemy import select

from admin.tomorrow import KIND_WORDS, why
from appointment_csv import Channel
from db.models import Audit
from scheduler.policy import Kind, Reason
from tests.support.data import booked
from tests.support.queue_pages import texts
from tests.support.site import TestSite
from tests.support.visits import local


def test_what_goes_out_and_who_gets_none(site: TestSite) -> None:
    profile, start = site.profiles["ara-health"], local("2026-11-22T08:30")
    booked(site.database, profile, site.clock(), starts_at=start)
    other = {"external_id": "A-2", "first_name": "=Ada", "phone": "+18285550199"}
    booked(site.database, profile, site.clock(), starts_at=start, sms_consent=False, **other)
    desk = site.visitor()
    page = desk.get("/admin/quality/tomorrow").text
    assert "2 messages will go out" in page
    assert "1 patient will get none." in page
    assert Reason.NO_CONSENT.words in page
    assert "Sat, Nov 21, 2026" in page
    assert "10:00 AM EST" in page
    answer = desk.get("/admin/quality/tomorrow.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert [(row["first_name"], row["why_not"] != "") for row in rows] == [
        *[("Rosalind", False)] * 2,
        *[("'=Ada", True)] * 2,
    ]
    assert rows[0]["goes_out"] == "2026-11-21 10:00"
    assert rows[0]["phone"] == "(828) 555-0173"
    with site.database.reading() as session:
        entries = session.scalars(select(Audit.detail).where(Audit.action.like("forecast%")))
        assert list(entries) == ['{"messages": 2, "patients": 2}'] * 2


def test_a_call_is_said_to_be_one(site: TestSite) -> None:
    profile, start = site.profiles["ara-health"], local("2026-11-22T08:30")
    wishes = {"channel": Channel.VOICE, "voice_consent": True, "sms_consent": False}
    booked(site.database, profile, site.clock(), starts_at=start, **wishes)
    desk = site.visitor()
    page = texts(desk.get("/admin/quality/tomorrow").text)
    assert "2 messages will go out (texts: 0, of 0 segments; calls: 2)." in page
    assert "Call (828) 555-0173 English Reminder the day before" in page
    answer = desk.get("/admin/quality/tomorrow.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert [(row["channel"], row["segments"], row["why_not"]) for row in rows] == [
        ("voice", "", "")
    ] * 2


def test_every_kind_has_words_and_every_silence_a_reason() -> None:
    assert set(KIND_WORDS) == set(Kind)
    assert why.__doc__
