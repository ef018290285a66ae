"""Every page of the site says who may see it, and that is what happens."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Blueprint, Flask, request
from flask.testing import FlaskClient

from admin import access, sessions
from admin.access import UndeclaredRouteError, access_of
from admin.site import ROOT, Site, is_ours
from carrier.recordings import Recordings
from db.clinics import Clinics
from db.session import Database
from db.staff import Role
from tests.support.site import TestSite
from tests.support.web import StandingClock

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/admin/audit?what=signed_in"}


def routes(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and an address of every route under the site's root."""
    addresses = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        if is_ours(rule.rule):
            filled = addresses.build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield rule.endpoint, method, filled


def ask(client: FlaskClient, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    answer = client.open(path, method=method, headers=headers)
    answer.close()
    return answer.status_code, dict(answer.headers)


def test_the_walk_finds_the_site(lite_site: TestSite) -> None:
    found = list(routes(lite_site.app))
    assert len(found) > 20
    assert {"admin.today.index", "admin.staff.add", "admin.audit.export"} <= {
        e for e, _, _ in found
    }


def test_a_stranger_is_asked_to_sign_in_everywhere(lite_site: TestSite) -> None:
    for endpoint, method, path in routes(lite_site.app):
        status, headers = ask(lite_site.app.test_client(), method, path)
        if access_of(lite_site.app, endpoint) is None:
            assert status in {200, 303, 400, 404, 410}, (endpoint, method)
            continue
        assert status == 303, (endpoint, method)
        assert headers["Location"].startswith("/admin/sign-in"), (endpoint, method)
        assert ("next=" in headers["Location"]) is (method == "GET" and path != "/admin/")


def test_a_stranger_s_htmx_request_leads_the_whole_page_to_sign_in(lite_site: TestSite) -> None:
    for endpoint, method, path in routes(lite_site.app):
        if access_of(lite_site.app, endpoint) is not None:
            status, headers = ask(lite_site.app.test_client(), method, path, **HTMX)
            assert status == 401, (endpoint, method)
            assert headers["HX-Redirect"] == "/admin/sign-in?next=/admin/audit?what%3Dsigned_in"


@pytest.mark.parametrize(
    ("current", "page"),
    [
        ("/admin/contacts/1/thread/send", "/admin/contacts/1/thread"),
        ("/admin/imports/1/apply?from=50", "/admin/imports/1"),
        ("/admin/quality?days=60", "/admin/quality?days%3D60"),
        ("/admin/nowhere/at/all", ""),
    ],
)
def test_who_comes_back_finds_the_page_that_a_form_was_on(
    lite_site: TestSite, current: str, page: str
) -> None:
    """The answer to a form with mistakes stands at an address that can't be opened."""
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1{current}"}
    _, answer = ask(lite_site.app.test_client(), "GET", "/admin/waiting", **headers)
    assert answer["HX-Redirect"] == "/admin/sign-in" + (f"?next={page}" if page else "")


def test_a_wrong_role_is_refused_everywhere(lite_site: TestSite) -> None:
    refused = 0
    for role in Role:
        visitor = lite_site.visitor(role)
        token = visitor.token()
        for endpoint, method, path in routes(lite_site.app):
            allowed = access_of(lite_site.app, endpoint)
            if allowed is None or role in allowed:
                continue
            status, _ = ask(visitor.client, method, path, **{"X-CSRFToken": token})
            assert status == 403, (endpoint, method, role)
            refused += 1
    assert refused > 5


def test_what_changes_something_wants_the_token(lite_site: TestSite) -> None:
    client = lite_site.visitor(Role.MANAGER).client
    posts = [(e, p) for e, method, p in routes(lite_site.app) if method == "POST"]
    for endpoint, path in posts:
        answer = client.post(path, headers={"X-CSRFToken": "forged"})
        assert answer.status_code == 400, endpoint
        assert "This form is too old" in answer.text


def test_what_does_not_exist_is_told_to_staff_only(lite_site: TestSite) -> None:
    assert lite_site.stranger().get("/admin/nowhere").status_code == 303
    assert lite_site.visitor().get("/admin/nowhere").status_code == 404
    assert lite_site.visitor().get("/admin").status_code == 308


def test_a_route_that_declares_nothing_is_an_error_at_start() -> None:
    app = Flask("undeclared")
    room = Blueprint("admin", __name__, url_prefix=ROOT)

    @room.get("/forgotten")
    def forgotten() -> str:
        return "open to all"

    app.register_blueprint(room)
    with pytest.raises(UndeclaredRouteError, match=r"admin\.forgotten does not say who"):
        access.put_guard(app)


def test_a_page_for_files_takes_larger_requests(lite_site: TestSite) -> None:
    @access.for_staff
    @access.takes_up_to(200_000)
    def files() -> str:
        return str(len(request.files["file"].read()))

    lite_site.app.view_functions["admin.clinic_choice.choose"] = files
    for size, status in ((190_000, 200), (220_000, 413)):
        file = (io.BytesIO(b"x" * size), "x.csv")
        answer = lite_site.visitor().post("/admin/clinic", {"file": file})
        assert answer.status_code == status
    answer = lite_site.visitor().post("/admin/account", {"file": (io.BytesIO(b"x" * 190_000), "x")})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("/admin/staff", True),
        ("/admin/audit?what=signed_in&before=4", True),
        ("/admin/", True),
        ("/admin", False),
        ("", False),
        ("//evil.example", False),
        ("/admin//evil.example", False),
        ("https://evil.example/admin/", False),
        ("/\\evil.example", False),
        ("/admin/\\evil.example", False),
        ("/admin/../sms/inbound", False),
        ("/admin/\r\nSet-Cookie: x=1", False),
        ("/administrator/", False),
        ("javascript:alert(1)", False),
        ("/admin/é", False),
        ("/admin/" + "x" * 600, False),
    ],
)
def test_only_the_site_s_own_addresses_are_gone_to(
    lite_site: TestSite, address: str, own: bool
) -> None:
    with lite_site.app.test_request_context("/admin/"):
        assert access.is_own(address) is own
    lite_site.add()
    answer = lite_site.stranger().sign_in("coordinator@example.org", next=address)
    assert (answer.status_code, answer.headers["Location"]) == (303, address if own else "/admin/")


def test_a_poll_does_not_keep_a_session_alive(lite_site: TestSite) -> None:
    polling, working = lite_site.visitor(), lite_site.visitor()
    for _ in range(2):
        lite_site.clock.advance(minutes=20)
        polling.get("/admin/", {access.POLL_HEADER: "1"})
        working.get("/admin/")
    assert polling.get("/admin/").status_code == 303
    assert working.get("/admin/").status_code == 200


def test_cookies_are_for_this_site_alone(sqlite_url: str) -> None:
    for public, name in (("https://a.example.org", "__Host-prepline"), ("http://a", "prepline")):
        app = Flask("cookies")
        database = Database(sqlite_url)
        recordings = Recordings("AC0", "token", "http://127.0.0.1:9")
        sessions.set_up(app, Site(database, Clinics(), StandingClock(), public, recordings))
        assert app.config["SESSION_COOKIE_NAME"] == name
        assert app.config["SESSION_COOKIE_SECURE"] is public.startswith("https")
        assert app.config["SESSION_COOKIE_HTTPONLY"] is True
        assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"
        database.close()
