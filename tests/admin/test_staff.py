"""Accounts, as managers look after them; on both databases."""

from __future__ import annotations

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from db.staff import Role, StaffError, deactivate, locked_staff
from db.staff_models import Audit, Staff
from tests.support.site import PASSWORD, TestSite, Visitor

NEW = {"email": "New.Person@example.org", "name": "New Person", "role": "coordinator"}


@pytest.fixture
def manager(site: TestSite) -> Visitor:
    return site.visitor(Role.MANAGER)


def change(visitor: Visitor, what: str, person: Staff, **values: str) -> str:
    """Press a button beside a person; what the page says then."""
    answer = visitor.post(f"/admin/staff/{what}", {"id": person.id, **values})
    assert answer.status_code == 303
    return visitor.get("/admin/staff").text


def recorded(site: TestSite) -> list[tuple[str, str | None]]:
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
        return [(row.action, row.entity_id) for row in rows]


def test_a_person_is_added_and_their_link_shown_once(site: TestSite, manager: Visitor) -> None:
    page = manager.post("/admin/staff/add", NEW).text
    found = re.search(r'id="link">(http://127\.0\.0\.1/admin/welcome/[\w-]{43})<', page)
    assert found
    assert "welcome/" not in manager.get("/admin/staff").text
    person = site.person("new.person@example.org")
    assert (person.name, person.role, person.password_hash) == ("New Person", "coordinator", None)
    assert recorded(site) == [("staff_added", str(person.id))]
    visitor = site.stranger()
    visitor.get(found[1].removeprefix("http://127.0.0.1"))
    visitor.post("/admin/welcome", {"password": PASSWORD, "again": PASSWORD})
    assert visitor.sign_in(person.email).status_code == 303


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": ""}, "Enter the person&#39;s e-mail address."),
        ({"email": "no address"}, "not an e-mail address"),
        ({"email": "a@b"}, "not an e-mail address"),
        ({"email": "MANAGER@example.org"}, "an account for this e-mail address already"),
        ({"name": " "}, "Enter the person&#39;s name."),
        ({"role": "owner"}, "Not a valid choice"),
    ],
)
def test_a_mistake_is_told_and_makes_no_account(
    site: TestSite, manager: Visitor, changes: dict[str, str], said: str
) -> None:
    answer = manager.post("/admin/staff/add", {**NEW, **changes})
    assert answer.status_code == 422
    assert said in answer.text
    assert recorded(site) == []


def test_what_managers_change(site: TestSite, manager: Visitor) -> None:
    person = site.add(email="x@example.org", totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert "The role is changed." in change(manager, "role", person, role="manager")
    assert site.person(person.email).role == "manager"
    assert "The role is changed." in change(manager, "role", person, role="coordinator")
    with site.database.transaction() as session:
        found = locked_staff(session, person.id)
        assert found is not None
        found.locked_until = site.clock() + dt.timedelta(minutes=9)
    assert "until 1:09 PM EST" in manager.get("/admin/staff").text
    assert "Locked" not in change(manager, "unlock", person)
    assert "with second step" not in change(manager, "second-step/off", person)
    assert site.stranger().sign_in(person.email).headers["Location"] == "/admin/"
    assert "Deactivated" in change(manager, "deactivate", person)
    assert site.stranger().sign_in(person.email).status_code == 422
    assert "Deactivated" not in change(manager, "reactivate", person)
    assert site.stranger().sign_in(person.email).status_code == 303
    assert {entity for _, entity in recorded(site) if entity} == {str(person.id)}


def test_a_new_link_is_for_active_accounts(site: TestSite, manager: Visitor) -> None:
    person = site.add(email="x@example.org")
    page = manager.post("/admin/staff/link", {"id": person.id})
    assert (page.status_code, "/admin/welcome/" in page.text) == (200, True)
    change(manager, "deactivate", person)
    assert manager.post("/admin/staff/link", {"id": person.id}).status_code == 409


@pytest.mark.parametrize(
    ("what", "values"), [("deactivate", {}), ("role", {"role": "coordinator"})]
)
def test_the_last_manager_stays(
    site: TestSite, manager: Visitor, what: str, values: dict[str, str]
) -> None:
    """Another manager without a password, or a deactivated one, could not help."""
    site.add(Role.MANAGER, "never-came@example.org", password=None)
    gone = site.add(Role.MANAGER, "gone@example.org")
    change(manager, "deactivate", gone)
    me = site.person("manager@example.org")
    assert "This is the last manager who can sign in" in change(manager, what, me, **values)
    assert (site.person(me.email).active, site.person(me.email).role) == (True, "manager")
    assert "Change" in manager.get("/admin/staff").text


def test_two_managers_who_deactivate_each_other_at_once(site: TestSite) -> None:
    people = [site.add(Role.MANAGER, f"{name}@example.org") for name in ("one", "other")]

    def attempt(person: Staff) -> str:
        try:
            with site.database.transaction() as session:
                deactivate(session, session.get_one(Staff, person.id))
        except StaffError:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, people)) == ["done", "refused"]


@pytest.mark.parametrize("key", ["", "0", "999", "x", "-1", "1 OR 1=1", "9" * 30])
def test_nobody_is_changed_by_a_key_of_nobody(lite_site: TestSite, key: str) -> None:
    manager = lite_site.visitor(Role.MANAGER)
    assert manager.post("/admin/staff/deactivate", {"id": key}).status_code == 404
    assert manager.post("/admin/staff/role", {"id": 1, "role": "owner"}).status_code == 400
