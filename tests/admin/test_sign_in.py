"""Signing in, being locked out, and how long a session lasts; on both databases."""

from __future__ import annotations

import datetime as dt
import re

import pyotp
import pytest
from sqlalchemy import select

from db.audit import Action
from db.staff import end_sessions, shut_out
from db.staff_models import Audit, Staff
from tests.support.site import PASSWORD, TestSite, Visitor

EMAIL = "coordinator@example.org"
WRONG = "not the password at all"
TOKEN = re.compile(r"I[\w.-]{80,}")


def actions(site: TestSite) -> list[tuple[str, str]]:
    """What the audit says, oldest first: who and what."""
    with site.database.reading() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
        return [(row.staff_email, row.action) for row in rows]


def change(site: TestSite, change_it: object) -> None:
    with site.database.transaction() as session:
        staff = session.scalars(select(Staff)).one()
        assert callable(change_it)
        change_it(staff)


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/admin/account").status_code == 200


def test_the_right_password_leads_in(site: TestSite) -> None:
    site.add()
    visitor = site.stranger()
    answer = visitor.sign_in(f" {EMAIL.upper()} ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/")
    assert is_in(visitor)
    assert site.person(EMAIL).last_seen_at == site.clock()
    assert actions(site) == [(EMAIL, "signed_in")]
    assert visitor.get("/admin/sign-in").status_code == 303


def test_sign_out_ends_it(site: TestSite) -> None:
    site.add()
    visitor = site.visitor()
    assert visitor.post("/admin/sign-out").headers["Location"] == "/admin/sign-in"
    assert not is_in(visitor)
    assert (EMAIL, "signed_out") in actions(site)


def test_the_session_before_leaves_nothing_behind(lite_site: TestSite) -> None:
    """Whoever planted a cookie before knows nothing of the session after."""
    lite_site.add()
    visitor = lite_site.stranger()
    old_token = visitor.token()
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    visitor.sign_in(EMAIL)
    with visitor.client.session_transaction() as session:
        assert "planted" not in session
    refused = visitor.client.post("/admin/sign-out", data={"csrf_token": old_token})
    assert refused.status_code == 400
    assert is_in(visitor)


@pytest.mark.parametrize("password", [WRONG, PASSWORD])
def test_strangers_learn_nothing_about_accounts(site: TestSite, password: str) -> None:
    """Unknown, without a password, deactivated, locked: the same page each time."""
    site.add(email="known@example.org")
    site.add(email="new@example.org", password=None)
    site.add(email="gone@example.org")
    site.add(email="locked@example.org")
    with site.database.transaction() as session:
        for staff in session.scalars(select(Staff)):
            if staff.email.startswith("gone"):
                shut_out(staff)
            if staff.email.startswith("locked"):
                staff.locked_until = site.clock() + dt.timedelta(minutes=1)
    pages = set()
    emails = ["nobody@example.org", "new@example.org", "gone@example.org", "locked@example.org"]
    for email in emails + (["known@example.org"] if password == WRONG else []):
        visitor = site.stranger()
        answer = visitor.sign_in(email, password)
        assert answer.status_code == 422
        pages.add(TOKEN.sub("", answer.text.replace(email, "")))
        assert not is_in(visitor)
    assert len(pages) == 1
    assert "stays closed for 15 minutes" in pages.pop()
    assert {who for who, _ in actions(site)} == {"unknown"}


def test_ten_wrong_tries_close_the_account_for_a_quarter_of_an_hour(site: TestSite) -> None:
    site.add()
    visitor = site.stranger()
    for _ in range(10):
        assert visitor.sign_in(EMAIL, WRONG).status_code == 422
    assert visitor.sign_in(EMAIL).status_code == 422
    site.clock.advance(minutes=14, seconds=59)
    assert visitor.sign_in(EMAIL).status_code == 422
    site.clock.advance(seconds=1)
    assert visitor.sign_in(EMAIL, WRONG).status_code == 422
    assert visitor.sign_in(EMAIL).status_code == 303
    told = [action for _, action in actions(site)]
    assert told.count("account_locked") == 1
    assert told.count("sign_in_failed") == 13
    assert site.person(EMAIL).failed_attempts == 0


def test_a_right_password_forgets_wrong_tries(site: TestSite) -> None:
    site.add()
    for _ in range(2):
        for _ in range(6):
            site.stranger().sign_in(EMAIL, WRONG)
        assert site.stranger().sign_in(EMAIL).status_code == 303


class TestTheEndOfASession:
    @pytest.fixture
    def visitor(self, lite_site: TestSite) -> Visitor:
        return lite_site.visitor()

    def test_half_an_hour_without_doing_anything(
        self, lite_site: TestSite, visitor: Visitor
    ) -> None:
        lite_site.clock.advance(minutes=29, seconds=59)
        assert is_in(visitor)
        lite_site.clock.advance(minutes=30)
        answer = visitor.get("/admin/account")
        assert answer.headers["Location"] == "/admin/sign-in?next=/admin/account"
        assert "nothing was done for 30 minutes" in visitor.get("/admin/sign-in").text

    def test_twelve_hours_whatever_is_done(self, lite_site: TestSite, visitor: Visitor) -> None:
        for _ in range(47):
            lite_site.clock.advance(minutes=15)
            assert is_in(visitor)
        lite_site.clock.advance(minutes=15)
        assert not is_in(visitor)
        assert "12 hours have passed" in visitor.get("/admin/sign-in").text

    def test_what_was_sent_too_late_is_told_to_be_lost(
        self, lite_site: TestSite, visitor: Visitor
    ) -> None:
        lite_site.clock.advance(minutes=31)
        answer = visitor.client.post("/admin/account", data={"current": "x"})
        assert answer.headers["Location"] == "/admin/sign-in"
        assert "was not stored" in visitor.get("/admin/sign-in").text

    @pytest.mark.parametrize("ended_by", [shut_out, end_sessions])
    def test_a_revoked_session_ends_at_once(
        self, lite_site: TestSite, visitor: Visitor, ended_by: object
    ) -> None:
        change(lite_site, ended_by)
        assert not is_in(visitor)
        assert "account was changed or signed out" in visitor.get("/admin/sign-in").text

    def test_an_old_cookie_is_of_no_use_later(self, lite_site: TestSite, visitor: Visitor) -> None:
        """A copy of the cookie, taken before the person went on working."""
        cookie = visitor.client.get_cookie("prepline")
        assert cookie is not None
        lite_site.clock.advance(minutes=31)
        thief = lite_site.stranger()
        thief.client.set_cookie("prepline", cookie.value)
        assert not is_in(thief)

    def test_a_cookie_that_was_changed_is_nobody_s(self, lite_site: TestSite) -> None:
        lite_site.add()
        forged = lite_site.stranger()
        forged.client.set_cookie(
            "prepline", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbb"
        )
        assert not is_in(forged)


class TestTheSecondStep:
    SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

    def code(self, site: TestSite) -> str:
        return pyotp.TOTP(self.SECRET).at(site.clock())

    def half_way(self, site: TestSite) -> Visitor:
        visitor = site.stranger()
        assert visitor.sign_in(EMAIL).headers["Location"] == "/admin/sign-in/code"
        return visitor

    def test_password_and_code_lead_in(self, site: TestSite) -> None:
        site.add(totp_secret=self.SECRET)
        visitor = site.stranger()
        visitor.sign_in(EMAIL, next="/admin/account")
        assert not is_in(visitor)
        visitor = self.half_way(site)
        answer = visitor.post("/admin/sign-in/code", {"code": self.code(site)})
        assert answer.status_code == 303
        assert is_in(visitor)
        assert actions(site) == [(EMAIL, Action.SIGNED_IN)]

    def test_a_code_counts_once(self, site: TestSite) -> None:
        site.add(totp_secret=self.SECRET)
        code = self.code(site)
        for expected in (303, 422):
            visitor = self.half_way(site)
            answer = visitor.post("/admin/sign-in/code", {"code": code})
            assert answer.status_code == expected

    def test_wrong_codes_close_the_account(self, site: TestSite) -> None:
        """The right password in between does not make the count begin anew."""
        site.add(totp_secret=self.SECRET)
        for _ in range(5):
            visitor = self.half_way(site)
            for _ in range(2):
                visitor.post("/admin/sign-in/code", {"code": "000000"})
        visitor = site.stranger()
        assert visitor.sign_in(EMAIL).status_code == 422
        assert (EMAIL, "signed_in") not in actions(site)

    def test_a_closed_account_takes_no_code(self, lite_site: TestSite) -> None:
        lite_site.add(totp_secret=self.SECRET)
        visitor = self.half_way(lite_site)
        for _ in range(10):
            lite_site.stranger().sign_in(EMAIL, WRONG)
        answer = visitor.post("/admin/sign-in/code", {"code": self.code(lite_site)})
        assert answer.status_code == 422

    def test_five_minutes_between_password_and_code(self, lite_site: TestSite) -> None:
        lite_site.add(totp_secret=self.SECRET)
        visitor = self.half_way(lite_site)
        lite_site.clock.advance(minutes=5, seconds=1)
        code = self.code(lite_site)
        answer = visitor.post("/admin/sign-in/code", {"code": code})
        assert answer.headers["Location"] == "/admin/sign-in"
        assert not is_in(visitor)

    def test_the_code_alone_is_nothing(self, lite_site: TestSite) -> None:
        lite_site.add(totp_secret=self.SECRET)
        visitor = lite_site.stranger()
        answer = visitor.post("/admin/sign-in/code", {"code": self.code(lite_site)})
        assert answer.headers["Location"] == "/admin/sign-in"
