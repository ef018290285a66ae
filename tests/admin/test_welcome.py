"""Setting a password with a one-time link; on both databases."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from db import staff as accounts
from tests.support.site import PASSWORD, TestSite, Visitor

EMAIL = "new@example.org"
NEW = {"password": PASSWORD, "again": PASSWORD}


def link(site: TestSite, email: str = EMAIL) -> str:
    with site.database.transaction() as session:
        staff = accounts.staff_by_email(session, email)
        assert staff is not None
        return "/admin/welcome/" + accounts.issue_link(session, staff, site.clock())


def arrived(site: TestSite, path: str) -> Visitor:
    visitor = site.stranger()
    assert visitor.get(path).headers["Location"] == "/admin/welcome"
    return visitor


def set_password(visitor: Visitor, **changes: str) -> tuple[int, str]:
    answer = visitor.post("/admin/welcome", {**NEW, **changes})
    return answer.status_code, answer.text


def test_the_link_sets_the_password(site: TestSite) -> None:
    site.add(email=EMAIL, password=None)
    visitor = arrived(site, link(site))
    assert EMAIL in visitor.get("/admin/welcome").text
    assert set_password(visitor)[0] == 303
    assert "Your password is set" in visitor.get("/admin/sign-in").text
    assert visitor.sign_in(EMAIL).status_code == 303
    assert site.person(EMAIL).password_set_at == site.clock()


def test_it_works_once(site: TestSite) -> None:
    site.add(email=EMAIL, password=None)
    path = link(site)
    first, second = arrived(site, path), arrived(site, path)
    assert second.get("/admin/welcome").status_code == 200
    assert set_password(first)[0] == 303
    status, page = set_password(
        second, password="another one entirely", again="another one entirely"
    )
    assert status == 410
    assert "used already" in page
    assert site.stranger().sign_in(EMAIL).status_code == 303


def test_of_two_who_use_it_at_once_one_is_told(site: TestSite) -> None:
    site.add(email=EMAIL, password=None)
    path = link(site)
    visitors = [arrived(site, path) for _ in range(2)]
    together = Barrier(2)

    def send(visitor: Visitor) -> int:
        token = visitor.token()
        together.wait(10)
        return visitor.client.post("/admin/welcome", data={"csrf_token": token, **NEW}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, visitors)) == [303, 410]


def test_it_works_for_72_hours(site: TestSite) -> None:
    site.add(email=EMAIL, password=None)
    path = link(site)
    site.clock.advance(hours=71, minutes=59)
    assert arrived(site, path).get("/admin/welcome").status_code == 200
    site.clock.advance(minutes=1)
    assert arrived(site, path).get("/admin/welcome").status_code == 410


def test_a_newer_link_ends_the_older(site: TestSite) -> None:
    site.add(email=EMAIL)
    older, newer = link(site), link(site)
    assert arrived(site, older).get("/admin/welcome").status_code == 410
    assert arrived(site, newer).get("/admin/welcome").status_code == 200


def test_opening_it_uses_nothing_up(site: TestSite) -> None:
    """Mail scanners open links; a mistake in the form is no use either."""
    site.add(email=EMAIL, password=None)
    path = link(site)
    for _ in range(3):
        visitor = arrived(site, path)
    status, page = set_password(visitor, again="something different")
    assert (status, "The two are not the same." in page) == (422, True)
    status, page = set_password(visitor, password=EMAIL, again=EMAIL)
    assert (status, "other than your e-mail address" in page) == (422, True)
    assert set_password(visitor)[0] == 303


def test_a_new_password_opens_a_locked_account_and_ends_sessions(site: TestSite) -> None:
    staff = site.add()
    working = site.visitor()
    with site.database.transaction() as session:
        locked = accounts.locked_staff(session, staff.id)
        assert locked is not None
        locked.locked_until = site.clock() + dt.timedelta(minutes=10)
    new = "seven orange bicycles"
    visitor = arrived(site, link(site, staff.email))
    assert set_password(visitor, password=new, again=new)[0] == 303
    assert working.get("/admin/").status_code == 303
    assert visitor.sign_in(staff.email, new).status_code == 303
    assert site.stranger().sign_in(staff.email).status_code == 422


@pytest.mark.parametrize("secret", ["x", "x" * 500, "..", "%00"])
def test_what_is_no_link_is_told(lite_site: TestSite, secret: str) -> None:
    visitor = arrived(lite_site, f"/admin/welcome/{secret}")
    page = visitor.get("/admin/welcome")
    assert page.status_code == 410
    assert "Ask a manager for a new link" in page.text


def test_a_deactivated_account_takes_no_password(site: TestSite) -> None:
    staff = site.add(email=EMAIL)
    path = link(site)
    with site.database.transaction() as session:
        found = accounts.locked_staff(session, staff.id)
        assert found is not None
        accounts.shut_out(found)
    assert arrived(site, path).get("/admin/welcome").status_code == 410
