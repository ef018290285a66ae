"""The coordinators' site for tests: people who are signed in, in a client or in a browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from typing import Final

import msgspec
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from admin import passwords
from db import staff as accounts
from db.clinics import store_profile
from db.session import Database
from db.staff import NewStaff, Role
from db.staff_models import Staff
from profiles import Profile
from settings import Settings
from tests.support.apps import new_app
from tests.support.browser import axe_violations
from tests.support.csv_files import NOW, sample_profiles
from tests.support.layout import layout_problems
from tests.support.processes import free_port
from tests.support.web import StandingClock, environment

PASSWORD: Final = "violet tractor under glass"
_TOKEN: Final = re.compile(r'name="csrf-token" content="([^"]+)"')


def password_hash(password: str = PASSWORD) -> str:
    """A password as it is stored; made once by each hasher, since it may take a tenth of a
    second."""
    return _hashed(password, passwords._HASHER)


@cache
def _hashed(password: str, _: PasswordHasher) -> str:
    return passwords.hash_password(password)


class Visitor:
    """Somebody at the site, through Flask's test client. Forms carry the page's token."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def post(
        self, path: str, form: Mapping[str, object] | None = None, htmx: bool = False
    ) -> TestResponse:
        """Send a form, as a browser does that has the site open."""
        token = self.token()
        if htmx:
            headers = {"HX-Request": "true", "X-CSRFToken": token}
            return self.client.post(path, data=dict(form or {}), headers=headers)
        return self.client.post(path, data={"csrf_token": token, **(form or {})})

    def token(self) -> str:
        """The token of the session that this visitor has."""
        sign_in = self.client.get("/admin/sign-in")
        page = sign_in if sign_in.status_code == 200 else self.client.get("/admin/account")
        match = _TOKEN.search(page.text)
        assert match, page.text
        return unescape(match[1])

    def sign_in(self, email: str, password: str = PASSWORD, next: str = "") -> TestResponse:  # noqa: A002 - the form's own name
        """Send the sign-in form."""
        return self.post("/admin/sign-in", {"email": email, "password": password, "next": next})


@dataclass(slots=True)
class TestSite:
    """The app on a database, with clinics and a clock that stands still."""

    __test__ = False

    app: Flask
    database: Database
    clock: StandingClock
    base: str
    profiles: dict[str, Profile] = field(default_factory=dict)

    def add(
        self,
        role: Role = Role.COORDINATOR,
        email: str = "",
        *,
        password: str | None = PASSWORD,
        totp_secret: str | None = None,
    ) -> Staff:
        """An account; by default `coordinator@example.org` or `manager@example.org`."""
        with self.database.transaction() as session:
            new = NewStaff(email or f"{role}@example.org", f"Pat {role.title()}", role)
            person = accounts.add_staff(session, new, self.clock())
            person.password_hash = password_hash(password) if password else None
            person.totp_secret = totp_secret
            return person

    def person(self, email: str) -> Staff:
        """An account as it is stored now."""
        with self.database.reading() as session:
            found = accounts.staff_by_email(session, email)
        assert found is not None
        return found

    def stranger(self) -> Visitor:
        """Somebody who is not signed in."""
        return Visitor(self.app)

    def visitor(self, role: Role = Role.COORDINATOR) -> Visitor:
        """Somebody who is signed in; the account is made if it is not there."""
        visitor = self.stranger()
        self._sign_in(visitor.client, role)
        return visitor

    def _sign_in(self, client: FlaskClient, role: Role) -> None:
        with self.database.reading() as session:
            found = accounts.staff_by_email(session, f"{role}@example.org")
        person = found or self.add(role)
        moment = int(self.clock().timestamp())
        with client.session_transaction() as session:
            session.update(
                _user_id=str(person.id),
                _fresh=True,
                epoch=person.session_epoch,
                since=moment,
                seen=moment,
            )

    def signed_in(self, page: Page, role: Role = Role.COORDINATOR) -> Page:
        """The same browser page, its person signed in; go on with `page.goto(site.url(...))`."""
        client = self.app.test_client()
        self._sign_in(client, role)
        cookie = client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        page.context.clear_cookies()
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.base}])
        return page

    def url(self, path: str = "/admin/") -> str:
        """The whole address of a path; only `served_site` answers there."""
        return self.base + path

    def load(self, clinic: str, **changes: object) -> Profile:
        """Load a sample clinic, with these fields of its profile changed."""
        profile: Profile = msgspec.structs.replace(sample_profiles()[clinic], **changes)
        with self.database.transaction() as session:
            store_profile(session, profile, NOW)
        self.profiles[profile.id] = profile
        return profile


def page_problems(page: Page) -> list[str]:
    """What is wrong with the page on screen: for assistive technology, its layout, its width, its
    heads and ids."""
    problems = axe_violations(page) + layout_problems(page)
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        problems.append("something sticks out to the side")
    if page.locator("h1").count() != 1:
        problems.append("there must be one h1")
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    problems += [f"the id {each} is there twice" for each in {*ids} if ids.count(each) > 1]
    return problems


@contextmanager
def site_on(database_url: str, public: str = "http://127.0.0.1") -> Iterator[TestSite]:
    """The site in this process, with ARA Health loaded, for `Visitor`s."""
    clock = StandingClock()
    settings = Settings.from_environment(environment(database_url, public=public))
    app = new_app(settings, clock)
    site = TestSite(app, app.extensions["prepline_database"], clock, public)
    site.load("ara-health")
    try:
        yield site
    finally:
        site.database.close()


@contextmanager
def served_site(database_url: str) -> Iterator[TestSite]:
    """As `site_on`, on a real socket for a browser."""
    port = free_port()
    with site_on(database_url, f"http://127.0.0.1:{port}") as site:
        server = make_server("127.0.0.1", port, site.app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""
