"""Error pages: what happened, what was kept, what to do; also when nothing works."""

from __future__ import annotations

import pytest
from flask import abort
from sqlalchemy import text
from structlog.testing import capture_logs

from admin import access
from admin.failures import error_page
from db.session import Database
from db.staff import Role
from tests.support.processes import free_port
from tests.support.site import TestSite, site_on
from tests.support.web import bot_on


def test_a_page_that_does_not_exist(lite_site: TestSite) -> None:
    answer = lite_site.visitor().get("/admin/nowhere")
    assert answer.status_code == 404
    for words in ("There is nothing here", "Nothing was stored", "start again from Today"):
        assert words in answer.text


def test_a_wrong_role(lite_site: TestSite) -> None:
    answer = lite_site.visitor().get("/admin/staff")
    assert answer.status_code == 403
    assert "This page is for managers" in answer.text


def test_a_wrong_method(lite_site: TestSite) -> None:
    answer = lite_site.visitor().get("/admin/sign-out")
    assert answer.status_code == 405
    assert "Start again from Today" in answer.text


def test_a_form_from_another_session(lite_site: TestSite) -> None:
    answer = lite_site.visitor().client.post("/admin/account", data={"csrf_token": "x"})
    assert answer.status_code == 400
    assert "This form is too old" in answer.text


def test_too_large_a_form(lite_site: TestSite) -> None:
    visitor = lite_site.visitor()
    answer = visitor.post("/admin/account", {"current": "x" * 200_000})
    assert answer.status_code == 413
    assert "smaller parts" in answer.text


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 500, 503])
def test_every_page_tells_the_three_things(lite_site: TestSite, status: int) -> None:
    with lite_site.app.test_request_context("/admin/"):
        page = error_page(status, Exception("private words")).get_data(as_text=True)
    assert page.count("<h1>") == 1
    assert page.count("<p>") >= 3
    assert "private words" not in page


def test_htmx_gets_a_piece_for_the_live_region(lite_site: TestSite) -> None:
    answer = lite_site.visitor().get("/admin/staff", {"HX-Request": "true"})
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert "This page is for managers" in answer.text


def test_the_unexpected_is_told_without_its_words(lite_site: TestSite) -> None:
    @access.for_everybody
    def breaks() -> str:
        raise RuntimeError("Rosalind")

    lite_site.app.view_functions["admin.today.index"] = breaks
    answer = lite_site.visitor().get("/admin/")
    assert answer.status_code == 500
    assert "mistake in Prepline, not yours" in answer.text
    assert "Rosalind" not in answer.text


def test_somebody_else_was_faster(lite_site: TestSite) -> None:
    @access.for_everybody
    def is_late() -> str:
        abort(409)

    lite_site.app.view_functions["admin.today.index"] = is_late
    assert "Their change was kept" in lite_site.visitor().get("/admin/").text


def test_the_database_is_down() -> None:
    url = f"postgresql://user:pw@127.0.0.1:{free_port()}/prepline"
    with bot_on(url) as bot:
        assert bot.ask("GET", "/admin/sign-in").status == 200
        assert bot.ask("GET", "/admin/").status == 303
        answer = bot.ask("GET", "/admin/welcome")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert b"What was stored before is safe" in answer.body


def test_the_schema_is_older(sqlite_url: str) -> None:
    with site_on(sqlite_url) as site:
        visitor = site.visitor(Role.MANAGER)
        database = Database(sqlite_url)
        with database.transaction() as session:
            session.execute(text("ALTER TABLE audit RENAME TO was_audit"))
            session.execute(text("UPDATE alembic_version SET version_num = '0002'"))
        database.close()
        assert visitor.get("/admin/audit").status_code == 503


def test_a_link_s_secret_is_in_no_log(lite_site: TestSite) -> None:
    @access.for_everybody
    def breaks(secret: str) -> str:
        raise RuntimeError(secret)

    lite_site.app.view_functions["admin.welcome.arrive"] = breaks
    with capture_logs() as lines:
        lite_site.stranger().get("/admin/welcome/very-secret")
    assert [line["path"] for line in lines] == ["/admin/welcome/<secret>"]
