"""What browsers are told to refuse."""

from __future__ import annotations

import re

import pytest

from db.staff import Role
from tests.support.site import TestSite

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; media-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
PATHS = ("/admin/", "/admin/account", "/admin/nowhere", "/admin/sign-in", "/admin/audit.csv")


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_not_kept_framed_or_guessed_at(lite_site: TestSite, path: str) -> None:
    for visitor in (lite_site.stranger(), lite_site.visitor(Role.MANAGER)):
        headers = visitor.get(path).headers
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_pages_need_nothing_that_the_policy_refuses(lite_site: TestSite) -> None:
    visitor = lite_site.visitor(Role.MANAGER)
    for path in ("/admin/", "/admin/account", "/admin/account/second-step", "/admin/staff"):
        page = visitor.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)|javascript:", page)


def test_twilio_s_and_operators_addresses_are_as_they_were(lite_site: TestSite) -> None:
    answer = lite_site.stranger().get("/healthz")
    assert "Content-Security-Policy" not in answer.headers
    assert "Set-Cookie" not in answer.headers
