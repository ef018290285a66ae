"""The history of a clinic's texts and rules: read, and an earlier version brought back."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
from sqlalchemy import select

from db.audit import SERVER
from db.clinics import Clinics
from db.models import Audit, Clinic, ProfileVersion
from db.profile_versions import load_profile
from db.staff import Role
from profiles import ApprovedText, Profile, Wording, profile_to_json
from tests.admin.test_content_texts import HERE as TEXT
from tests.admin.test_content_texts import TYPED, opened
from tests.admin.test_rules import HERE as RULES
from tests.admin.test_rules import looked_at
from tests.admin.test_today import text_of
from tests.support.site import TestSite, Visitor

HERE = "/admin/content/ara-health/history"


def current(site: TestSite) -> Profile:
    with site.database.reading() as session:
        return Clinics().all(session)["ara-health"]


def changed_twice(site: TestSite) -> Visitor:
    """A text is written (version 2), then the rules are changed (version 3)."""
    visitor = site.visitor(Role.MANAGER)
    visitor.post(TEXT, {**opened(visitor), **TYPED})
    site.clock.advance(minutes=5)
    visitor.post(RULES, looked_at(visitor, week_before_days_before="5"))
    return visitor


def test_nothing_was_changed_yet(lite_site: TestSite) -> None:
    page = text_of(lite_site.visitor().get(HERE).text)
    assert "Nothing was changed since the clinic's file was loaded." in page


def test_who_changed_what_and_when(site: TestSite) -> None:
    changed_twice(site)
    page = text_of(site.visitor().get(HERE).text)
    manager = "manager@example.org Changed here:"
    assert f"Version 3 Fri, Nov 20, 2026, 1:05 PM EST {manager} Early reminder" in page
    assert f"Version 2 Fri, Nov 20, 2026, 1:00 PM EST {manager} Approved text: Drinks" in page
    assert "command line Loaded from its file" in page
    assert "Loading the file again leaves these as they are: Approved text: Drinks" in page
    index = text_of(site.visitor().get("/admin/content").text)
    assert "version 3, by manager@example.org, Fri, Nov 20, 2026, 1:05 PM EST" in index


def test_a_version_shows_before_and_after_and_all_that_it_says(site: TestSite) -> None:
    changed_twice(site)
    page = text_of(site.visitor().get(f"{HERE}/3").text)
    assert "Early reminder 7 days before at 10:00 AM, not once it is 48 hours late 5 days" in page
    assert "Bring it back" not in page
    older = text_of(site.visitor().get(f"{HERE}/1").text)
    assert "What bringing it back would change now" in older
    assert f"Approved text: Drinks {TYPED['en']} {TYPED['es']}" in older
    assert "Approved by Dr. Ames, Fri, Nov 20, 2026. None" in older
    assert "Managers can bring it back." in older
    assert "Most messages a day 4 to one phone" in older


def test_bringing_one_back_makes_a_new_version(site: TestSite) -> None:
    original = current(site)
    visitor = changed_twice(site)
    assert visitor.post(f"{HERE}/1/restore", {"seen": "3"}).status_code == 303
    assert current(site) == original
    page = text_of(visitor.get(HERE).text)
    assert "Version 1 was brought back." in page
    assert "Version 1 brought back: Approved text: Drinks, Early reminder" in page
    assert "Edited here" not in page
    with site.database.reading() as session:
        entry = session.scalars(select(Audit).where(Audit.action == "profile_restored")).one()
        versions = session.scalars(select(ProfileVersion.restored_from)).all()
    assert json.loads(entry.detail)["from"] == 1
    assert sorted(each or 0 for each in versions) == [0, 0, 0, 1]
    assert visitor.post(f"{HERE}/2/restore", {"seen": "4"}).status_code == 303
    restored = current(site).approved_texts["prep.drinks"]
    assert (restored.approved_by, restored.text.en) == ("Dr. Ames", TYPED["en"])


def test_the_file_s_own_things_stay_as_they_are(lite_site: TestSite) -> None:
    visitor = changed_twice(lite_site)
    file = msgspec.structs.replace(lite_site.profiles["ara-health"], name="ARA West")
    with lite_site.database.transaction() as session:
        load_profile(session, file, SERVER, lite_site.clock())
    page = text_of(visitor.get(f"{HERE}/4").text)
    assert "It also changed something that is edited in the clinic's file alone" in page
    visitor.post(f"{HERE}/1/restore", {"seen": "4"})
    assert current(lite_site).name == "ARA West"
    assert "prep.drinks" not in current(lite_site).approved_texts


def test_a_change_meanwhile_is_told_and_nothing_is_done(site: TestSite) -> None:
    visitor = changed_twice(site)
    for seen in ("2", "", "x"):
        answer = visitor.post(f"{HERE}/1/restore", {"seen": seen})
        page = text_of(visitor.get(answer.headers["Location"]).text)
        assert "manager@example.org changed something meanwhile. Nothing was done" in page
    assert "prep.drinks" in current(site).approved_texts


def test_what_breaks_a_rule_is_not_brought_back(lite_site: TestSite) -> None:
    visitor = changed_twice(lite_site)
    bad = ApprovedText(Wording("Tea/coffee.", "Té."), "Dr. Ames", dt.date(2026, 11, 1))
    texts = {"prep.drinks": bad}
    stored = msgspec.structs.replace(lite_site.profiles["ara-health"], approved_texts=texts)
    with lite_site.database.transaction() as session:
        first = session.scalars(select(ProfileVersion).where(ProfileVersion.number == 1)).one()
        first.profile = profile_to_json(stored)
    answer = visitor.post(f"{HERE}/1/restore", {"seen": "3"})
    page = text_of(visitor.get(answer.headers["Location"]).text)
    assert "It can't be brought back as it is: Approved text: Drinks (en) has '/'" in page
    assert current(lite_site).approved_texts["prep.drinks"].text.en == TYPED["en"]


def test_the_same_again_is_no_version(lite_site: TestSite) -> None:
    visitor = changed_twice(lite_site)
    answer = visitor.post(f"{HERE}/3/restore", {"seen": "3"})
    page = text_of(visitor.get(answer.headers["Location"]).text)
    assert "Nothing was different, so nothing was changed." in page
    assert visitor.get(f"{HERE}/4").status_code == 404


def test_coordinators_bring_nothing_back(lite_site: TestSite) -> None:
    changed_twice(lite_site)
    assert lite_site.visitor().post(f"{HERE}/1/restore", {"seen": "3"}).status_code == 403


def test_a_long_history_is_paged(lite_site: TestSite) -> None:
    count = 31
    changed_twice(lite_site)
    with lite_site.database.transaction() as session:
        stored = session.get_one(Clinic, "ara-health").profile
        for number in range(4, count + 4):
            session.add(
                ProfileVersion(
                    clinic_id="ara-health",
                    number=number,
                    at=lite_site.clock(),
                    who="command line",
                    source="file",
                    parts="[]",
                    profile=stored,
                )
            )
    visitor = lite_site.visitor()
    first = visitor.get(HERE).text
    assert f"Version {count + 3}<" in first
    assert "Version 4<" not in first
    second = visitor.get(f"{HERE}?before=5").text
    assert "Version 4<" in second
    assert "Version 5<" not in second
