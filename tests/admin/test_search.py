"""Finding people by what somebody says on the phone; on both databases."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from db.models import Audit
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import TestSite, Visitor

PEOPLE = (
    ("Rosalind", "Quackenbush", "+18285550171", "A-1"),
    ("Walter", "García López", "+18285550172", "b-2"),
    ("Inés", "Moreno", "+18285550173", "A-3"),
    ("Ana", "Van der Berg", "+18285550174", "100%"),
)


@pytest.fixture
def people(site: TestSite) -> TestSite:
    for first, last, phone, external_id in PEOPLE:
        who = {"first_name": first, "last_name": last, "phone": phone}
        booked(site.database, site.profiles["ara-health"], NOW, external_id=external_id, **who)
    return site


def found(visitor: Visitor, typed: str) -> list[str]:
    page = visitor.post("/admin/search", {"q": typed}, htmx=True).text
    names = re.findall(r'<th scope="row"><a href="/admin/patients/\d+">([^<]+)</a><br>', page)
    return [unescape(name).split()[0] for name in names]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("quack", ["Rosalind"]),
        ("  ROSALIND  ", ["Rosalind"]),
        ("Rosalind Quackenbush", ["Rosalind"]),
        ("Quackenbush, Rosalind", ["Rosalind"]),
        ("quack ros", ["Rosalind"]),
        ("garcia", ["Walter"]),
        ("GARCÍA", ["Walter"]),
        ("lopez", ["Walter"]),
        ("walter garcia lopez", ["Walter"]),
        ("ines", ["Inés"]),
        ("van der berg", ["Ana"]),
        ("berg", ["Ana"]),
        ("ana v", ["Ana"]),
        ("(828) 555-0172", ["Walter"]),
        ("1.828.555.0172", ["Walter"]),
        ("+18285550172", ["Walter"]),
        ("0172", ["Walter"]),
        ("5550171", ["Rosalind"]),
        ("a-1", ["Rosalind"]),
        ("B-2", ["Walter"]),
        ("100%", ["Ana"]),
        ("ackenbush", []),
        ("%", []),
        ("_____", []),
        ("a_a", []),
        ("\\", []),
        ("17", []),
        ("", []),
        ("nobody", []),
    ],
)
def test_whom_one_finds(people: TestSite, typed: str, names: list[str]) -> None:
    assert found(people.visitor(), typed) == names


def test_only_clinics_that_are_shown_are_searched(people: TestSite) -> None:
    iowa = people.load("iowa-radiology")
    booked(people.database, iowa, NOW, external_id="A-1", first_name="Iowan", phone=PEOPLE[0][2])
    visitor = people.visitor()
    assert sorted(found(visitor, "a-1")) == ["Iowan", "Rosalind"]
    visitor.post("/admin/clinic", {"clinic": "iowa-radiology"})
    assert found(visitor, "a-1") == found(visitor, "0171") == found(visitor, "quack") == ["Iowan"]


def test_a_page_without_scripts_shows_phone_birth_and_appointments(people: TestSite) -> None:
    visitor = people.visitor()
    page = " ".join(
        re.sub(r"<[^>]+>", " ", visitor.post("/admin/search", {"q": "quack"}).text).split()
    )
    assert "born May 17, 1944" in page
    assert "(828) 555-0171" in page
    assert "Tue, Dec 1, 2026, 8:30 AM EST Not confirmed" in page
    assert visitor.get("/admin/search").headers["Location"] == "/admin/"
    with people.database.reading() as session:
        entry = session.scalars(select(Audit).where(Audit.action == "patients_searched")).one()
    assert entry.detail == '{"found": 1}'
