"""Findings in patients' data; on both databases."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest
from sqlalchemy import select, update

from admin.quality import FINDING_WORDS
from db.contacts import set_contact
from db.findings import Finding
from db.models import Audit, Contact, Patient
from tests.support.data import booked
from tests.support.site import TestSite, Visitor
from tests.support.statements import counted_statements
from tests.support.visits import local


@pytest.fixture
def desk(site: TestSite) -> Visitor:
    return site.visitor()


def patient(site: TestSite, number: int, **changes: object) -> int:
    """A patient with an appointment, nothing wrong but what `changes` say; the patient's key."""
    values: dict[str, object] = {
        "external_id": f"A-{number}",
        "first_name": f"Ada{chr(96 + number)}",
        "phone": f"+1828555{number:04}",
        **changes,
    }
    booked(site.database, site.profiles["ara-health"], site.clock(), **values)
    with site.database.reading() as session:
        return session.scalars(
            select(Patient.id).where(Patient.first_name == values["first_name"])
        ).one()


def change(site: TestSite, key: int, **values: object) -> None:
    """Change a patient behind everybody's back."""
    with site.database.transaction() as session:
        session.execute(update(Patient).where(Patient.id == key).values(**values))


def change_contact(site: TestSite, key: int, **values: dt.datetime | str | bool) -> None:
    with site.database.transaction() as session:
        phone = session.get_one(Patient, key).phone
        contact = session.scalars(select(Contact.id).where(Contact.phone == phone)).one()
        set_contact(session, contact, **values)


def counts(page: str) -> dict[str, int]:
    found = re.findall(r">([^<>]+): <strong>(\d+)</strong>", page)
    return {words: int(count) for words, count in found if int(count)}


def names(page: str) -> list[str]:
    return re.findall(r"(Ada\w)\s+Quackenbush\s*<br>", page)


def test_each_finding_is_counted_and_its_link_shows_whom(site: TestSite, desk: Visitor) -> None:
    keys = [patient(site, number) for number in range(1, 13)]
    change(site, keys[0], phone="")
    change(site, keys[1], phone="+18281550002")
    change_contact(site, keys[2], reachable=False)
    change_contact(site, keys[3], textable=False)
    change(site, keys[3], voice_consent=True)
    change(site, keys[4], phone="+18285550006")
    change_contact(site, keys[6], opted_out_at=site.clock())
    change(site, keys[7], sms_consent=False)
    change(site, keys[8], channel="voice")
    change(site, keys[9], date_of_birth=dt.date(1900, 1, 1))
    change(site, keys[10], language="fr")
    page = desk.get("/admin/quality").text
    assert counts(page) == dict.fromkeys(FINDING_WORDS.values(), 1) | {
        FINDING_WORDS[Finding.SHARED]: 2
    }
    assert names(page) == [f"Ada{letter}" for letter in "abcdefghijk"]
    assert names(desk.get("/admin/quality?finding=shared").text) == ["Adae", "Adaf"]
    assert names(desk.get("/admin/quality?finding=language").text) == ["Adak"]
    assert "12 patients have appointments in this period." in page


def test_only_appointments_ahead_in_the_period_count(site: TestSite, desk: Visitor) -> None:
    for number, start in enumerate(("2026-11-21T08:30", "2026-12-25T08:30"), 1):
        change(site, patient(site, number, starts_at=local(start)), language="fr")
    assert names(desk.get("/admin/quality").text) == ["Adaa"]
    assert names(desk.get("/admin/quality?days=60").text) == ["Adaa", "Adab"]
    assert "Adaa" in desk.get("/admin/quality?days=nonsense&finding=nonsense").text
    site.clock.advance(days=2)
    assert names(site.visitor().get("/admin/quality").text) == []


def form_of(page: str, who: str) -> dict[str, str]:
    """The form of the button that checks this patient's finding."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    mine = next(form for form in forms if who in form and "quality/checked" in form)
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', mine))


def test_a_checked_finding_stays_away_until_the_data_changes(site: TestSite, desk: Visitor) -> None:
    key = patient(site, 1)
    change(site, key, date_of_birth=dt.date(1900, 1, 1))
    form = form_of(desk.get("/admin/quality").text, "Adaa")
    form.pop("csrf_token")
    assert desk.post("/admin/quality/checked", form).status_code == 303
    page = desk.get("/admin/quality").text
    assert counts(page) == {}
    assert re.search(r"Pat Coordinator,\s+<time", page)
    change(site, key, date_of_birth=dt.date(1901, 1, 1))
    assert counts(desk.get("/admin/quality").text) == {FINDING_WORDS[Finding.BIRTH_DATE]: 1}
    assert desk.post("/admin/quality/checked", form).status_code == 409
    form = form_of(desk.get("/admin/quality").text, "Adaa")
    form.pop("csrf_token")
    desk.post("/admin/quality/checked", form)
    page = desk.get("/admin/quality").text
    assert counts(page) == {}
    found = re.search(r'name="id" value="(\d+)"', page)
    assert found
    assert desk.post("/admin/quality/reopen", {"id": found[1]}).status_code == 303
    assert counts(desk.get("/admin/quality").text) == {FINDING_WORDS[Finding.BIRTH_DATE]: 1}
    assert desk.post("/admin/quality/reopen", {"id": found[1]}).status_code == 409


def test_a_shared_number_comes_back_when_one_more_shares_it(site: TestSite, desk: Visitor) -> None:
    for number in (1, 2):
        patient(site, number, phone="+18285550001")
    for who in ("Adaa", "Adab"):
        form = form_of(desk.get("/admin/quality").text, who)
        form.pop("csrf_token")
        desk.post("/admin/quality/checked", form)
    assert counts(desk.get("/admin/quality").text) == {}
    patient(site, 3, phone="+18285550001")
    assert counts(desk.get("/admin/quality").text) == {FINDING_WORDS[Finding.SHARED]: 3}


@pytest.mark.parametrize(
    "form", [{}, {"patient": "1"}, {"patient": "x", "finding": "shared"}, {"finding": "shared"}]
)
def test_a_form_that_names_nothing_is_refused(desk: Visitor, form: dict[str, str]) -> None:
    assert desk.post("/admin/quality/checked", form).status_code == 400
    assert desk.post("/admin/quality/reopen", form).status_code == 400


def test_views_and_exports_are_written_down_once_with_the_count(
    site: TestSite, desk: Visitor
) -> None:
    for number in (1, 2):
        change(site, patient(site, number), language="fr")
    desk.get("/admin/quality")
    answer = desk.get("/admin/quality/findings.csv?finding=language")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert [row["findings"] for row in rows] == [FINDING_WORDS[Finding.LANGUAGE]] * 2
    assert rows[0]["phone"] == "(828) 555-0001"
    with site.database.reading() as session:
        entries = session.execute(
            select(Audit.action, Audit.detail).where(Audit.action.like("findings%"))
        ).all()
    assert [tuple(entry) for entry in entries] == [
        ("findings_viewed", '{"finding": "any", "patients": 2}'),
        ("findings_exported", '{"finding": "language", "findings": 2}'),
    ]


def test_the_list_goes_on_and_asks_no_more_for_more_rows(site: TestSite, desk: Visitor) -> None:
    desk.get("/admin/quality")  # reads the profile, once
    sent = []
    for numbers in (range(1, 4), range(4, 61)):
        for number in numbers:
            change(site, patient(site, number, phone=f"+1828555{number:04}"), language="fr")
        with counted_statements(site.database) as statements:
            page = desk.get("/admin/quality").text
        sent.append(statements)
    assert len(sent[0]) == len(sent[1])
    older = re.search(r'href="([^"]+)" rel="next"', page)
    assert older
    second = desk.get(older[1].replace("&amp;", "&")).text
    assert len(re.findall("quality/checked", second)) == 10


def test_every_finding_has_words() -> None:
    assert set(FINDING_WORDS) == set(Finding)
