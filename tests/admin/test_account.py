"""What people do with their own accounts."""

from __future__ import annotations

import re

import pyotp

from tests.support.site import PASSWORD, TestSite, Visitor

EMAIL = "coordinator@example.org"
NEW = "seven orange bicycles"


def change_password(visitor: Visitor, current: str = PASSWORD, new: str = NEW) -> int:
    form = {"current": current, "password": new, "again": new}
    return visitor.post("/admin/account", form).status_code


def test_a_new_password_signs_out_the_other_devices(site: TestSite) -> None:
    here, elsewhere = site.visitor(), site.visitor()
    assert change_password(here) == 303
    assert "Your password is changed" in here.get("/admin/account").text
    assert elsewhere.get("/admin/").status_code == 303
    assert site.stranger().sign_in(EMAIL, NEW).status_code == 303
    assert site.stranger().sign_in(EMAIL, PASSWORD).status_code == 422


def test_the_present_password_is_asked_for(site: TestSite) -> None:
    visitor = site.visitor()
    page = visitor.post("/admin/account", {"current": "x", "password": NEW, "again": NEW})
    assert (page.status_code, "not your present password" in page.text) == (422, True)
    assert change_password(visitor, new="password1234") == 422
    assert site.stranger().sign_in(EMAIL).status_code == 303


def test_guessing_at_an_open_page_ends_like_guessing_at_the_door(site: TestSite) -> None:
    visitor = site.visitor()
    for _ in range(10):
        assert change_password(visitor, current="a guess") == 422
    assert visitor.get("/admin/").status_code == 303
    assert site.stranger().sign_in(EMAIL).status_code == 422


def test_the_second_step_is_on_once_the_phone_has_shown_a_code(site: TestSite) -> None:
    visitor, elsewhere = site.visitor(), site.visitor()
    page = visitor.get("/admin/account/second-step").text
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', page)
    assert found
    secret = found[1].replace(" ", "")
    wrong = visitor.post("/admin/account/second-step", {"code": "123"})
    assert wrong.status_code == 422
    assert found[1] in wrong.text  # the same secret still, or the phone would have to start again
    assert site.person(EMAIL).totp_secret is None
    code = pyotp.TOTP(secret).at(site.clock())
    assert visitor.post("/admin/account/second-step", {"code": code}).status_code == 303
    assert "Signing in asks for a code" in visitor.get("/admin/account").text
    assert elsewhere.get("/admin/").status_code == 303
    assert site.stranger().sign_in(EMAIL).headers["Location"] == "/admin/sign-in/code"
    assert visitor.get("/admin/account/second-step").status_code == 303


def test_the_second_step_can_be_turned_off(site: TestSite) -> None:
    site.add(totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    visitor = site.visitor()
    assert visitor.post("/admin/account/second-step/off").status_code == 303
    assert site.stranger().sign_in(EMAIL).headers["Location"] == "/admin/"


def test_signing_out_everywhere(site: TestSite) -> None:
    here, elsewhere = site.visitor(), site.visitor()
    assert here.post("/admin/account/sign-out-everywhere").status_code == 303
    assert elsewhere.get("/admin/").status_code == 303
    assert here.get("/admin/").status_code == 303
