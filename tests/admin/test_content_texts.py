"""Approved texts on the site: read, written, held to the rules, never overwritten."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from db.clinics import Clinics
from db.models import Audit, ProfileVersion
from db.staff import Role
from flows.engine import take_turn
from flows.library import default_library
from flows.model import Event, Facts, Session
from flows.says import sms_body
from profiles import ApprovedText
from tests.admin.test_today import text_of
from tests.support.forms import form_values
from tests.support.site import TestSite, Visitor

HERE = "/admin/content/ara-health/texts/prep.drinks"
TYPED = {
    "en": "Drink water until 4 hours before.",
    "es": "Tome agua hasta 4 horas antes.",
    "approved_by": "Dr. Ames",
    "approved_at": "2026-11-20",
    "sure": "y",
}


def text(site: TestSite, topic: str = "prep.drinks") -> ApprovedText | None:
    with site.database.reading() as session:
        return Clinics().all(session)["ara-health"].approved_texts.get(topic)


def opened(visitor: Visitor, path: str = HERE) -> dict[str, str]:
    return {"base": form_values(visitor.get(path).text, "text")["base"]}


def written(site: TestSite, **changes: str) -> tuple[int, str]:
    """A manager types a text; the status and the words of the answer."""
    visitor = site.visitor(Role.MANAGER)
    answer = visitor.post(HERE, {**opened(visitor), **TYPED, **changes})
    return answer.status_code, text_of(answer.text)


def test_the_list_tells_which_are_empty(lite_site: TestSite) -> None:
    page = text_of(lite_site.visitor().get("/admin/content/ara-health/texts").text)
    assert "Drinks prep.drinks Empty A person answers." in page
    assert "Cost and insurance clinic.cost Sample Our billing desk" in page
    assert written(lite_site)[0] == 303
    page = text_of(lite_site.visitor().get("/admin/content/ara-health/texts").text)
    assert "Drinks prep.drinks Approved Dr. Ames, Fri, Nov 20, 2026 Drink water until" in page


def test_a_stored_text_is_what_patients_get(site: TestSite) -> None:
    assert written(site)[0] == 303
    stored = text(site)
    assert stored is not None
    assert (stored.text.en, stored.approved_by) == (TYPED["en"], "Dr. Ames")
    with site.database.reading() as session:
        profile = Clinics().all(session)["ara-health"]
        versions = session.scalars(select(ProfileVersion).order_by(ProfileVersion.number)).all()
        entry = session.scalars(select(Audit).where(Audit.action == "approved_text_changed")).one()
    facts = Facts(profile, site.clock())
    turn = take_turn(default_library(), Session("es"), Event("puedo tomar agua"), facts)
    assert TYPED["es"] in sms_body(turn.says)
    assert turn.effects == ()
    assert [(each.who, each.source) for each in versions] == [
        ("command line", "file"),
        ("manager@example.org", "site"),
    ]
    assert json.loads(versions[1].parts) == ["approved_texts.prep.drinks"]
    assert (entry.staff_email, entry.clinic_id) == ("manager@example.org", "ara-health")
    assert json.loads(entry.detail) == {"topic": "prep.drinks", "version": 2}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"en": " "}, "In English", "Write the text in English."),
        ({"es": ""}, "In Spanish", "Write the text in Spanish."),
        ({"approved_by": ""}, "Approved by", "Say who at the clinic approved it."),
        ({"approved_at": ""}, "Approved on", "Enter the day on which it was approved."),
        ({"approved_at": "2026-11-21"}, "Approved on", "This day has not come yet."),
        ({"sure": ""}, "This person has approved", "Confirm that this wording was approved."),
        ({"en": "Water and/or tea, 4 hours before."}, "In English", "can't be spoken in a call"),
        ({"es": "Tome agua hasta 2 horas antes."}, "In Spanish", "It has other digits"),
        ({"en": "Ask us. " * 100}, "In English", "segments as a text"),
        ({"en": "Call {phone} 4 hours before."}, "In English", "nothing is filled in here"),
    ],
)
def test_nothing_is_approved_that_breaks_a_rule(
    lite_site: TestSite, changes: dict[str, str], field: str, said: str
) -> None:
    status, page = written(lite_site, **changes)
    assert status == 422
    mistakes = page.partition("Something needs to be corrected")[2]
    assert field in mistakes
    assert said in mistakes
    assert text(lite_site) is None


def test_the_preview_says_what_patients_would_get(lite_site: TestSite) -> None:
    visitor = lite_site.visitor(Role.MANAGER)
    answer = visitor.post(f"{HERE}/preview", TYPED, htmx=True)
    page = text_of(answer.text)
    assert "Asked in English By text · 1 segment Drink water until 4 hours before." in page
    assert "In a call Tome agua hasta 4 horas antes. Para el menú principal, oprima 9." in page
    whole = visitor.post(f"{HERE}/preview", TYPED)
    assert "What patients would get" in whole.text
    assert 'id="errors"' not in whole.text
    wrong = text_of(visitor.post(f"{HERE}/preview", {**TYPED, "es": "Agua & té"}, htmx=True).text)
    assert "In Spanish: It has '&', which can't be spoken" in wrong
    assert text(lite_site) is None


def test_an_empty_one_shows_that_a_person_answers(lite_site: TestSite) -> None:
    page = text_of(lite_site.visitor().get(HERE).text)
    assert "Our care team needs to answer this for you." in page
    assert "A task is opened: a person has to answer." in page
    assert "Managers can change this." in page


def test_the_second_of_two_is_told_and_overwrites_nothing(site: TestSite) -> None:
    first, second = site.visitor(Role.MANAGER), site.visitor(Role.MANAGER)
    form = opened(second)
    first.post(HERE, {**opened(first), **TYPED})
    mine = {**TYPED, "en": "Sip water until 4 hours before.", "es": "", "approved_by": "Dr. Bell"}
    answer = second.post(HERE, {**form, **mine, "es": TYPED["es"]})
    assert answer.status_code == 409
    page = text_of(answer.text)
    assert "manager@example.org was faster." in page
    assert (
        "In English : was nothing, is now “Drink water until 4 hours before.”. "
        "You typed “Sip water until 4 hours before.”; that is kept in the form." in page
    )
    stored = text(site)
    assert stored is not None
    assert stored.text.en == TYPED["en"]
    merged = form_values(answer.text, "text")
    assert (merged["en"], merged["approved_by"]) == (mine["en"], "Dr. Bell")
    assert second.post(HERE, {**merged, "sure": "y"}).status_code == 303
    stored = text(site)
    assert stored is not None
    assert stored.text.en == mine["en"]


def test_an_edit_of_another_text_is_no_conflict(lite_site: TestSite) -> None:
    first, second = lite_site.visitor(Role.MANAGER), lite_site.visitor(Role.MANAGER)
    form = opened(second)
    other = HERE.replace("prep.drinks", "prep.diabetes")
    first.post(other, {**opened(first, other), **TYPED})
    assert second.post(HERE, {**form, **TYPED}).status_code == 303
    assert text(lite_site, "prep.diabetes") is not None


def test_a_forged_or_missing_base_stores_nothing(lite_site: TestSite) -> None:
    visitor = lite_site.visitor(Role.MANAGER)
    for base in ("", "[]", "{}", '{"en": 1}'):
        assert visitor.post(HERE, {**TYPED, "base": base}).status_code == 409
    assert text(lite_site) is None


def test_a_text_is_taken_back_and_a_person_answers_again(site: TestSite) -> None:
    written(site)
    visitor = site.visitor(Role.MANAGER)
    stale = {"base": "{}"}
    assert visitor.post(f"{HERE}/remove", stale).status_code == 409
    assert text(site) is not None
    assert visitor.post(f"{HERE}/remove", opened(visitor)).status_code == 303
    assert text(site) is None
    with site.database.reading() as session:
        actions = session.scalars(select(Audit.action)).all()
    assert "approved_text_removed" in actions


def test_coordinators_read_and_do_not_edit(lite_site: TestSite) -> None:
    visitor = lite_site.visitor()
    assert '<form method="post" action="/admin/content' not in visitor.get(HERE).text
    for path in ("", "/preview", "/remove"):
        assert visitor.post(f"{HERE}{path}", TYPED).status_code == 403


def test_a_text_that_nothing_says_is_named(lite_site: TestSite) -> None:
    profile = lite_site.profiles["ara-health"]
    stray = profile.approved_texts["prep.bring"]
    lite_site.load("ara-health", approved_texts={"prep.nothing": stray})
    page = text_of(lite_site.visitor().get("/admin/content/ara-health/texts").text)
    assert "These texts are said nowhere: prep.nothing." in page
