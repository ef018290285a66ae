"""What somebody is writing is there again for them, on the page where they began it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from db.models import StaffText, TaskNote, UnsentText
from db.staff import Role
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queue_pages import texts
from tests.support.site import PASSWORD, TestSite, Visitor

HALF = "Yes, you may bring <your> dog & "
SHOWN = "Yes, you may bring &lt;your&gt; dog &amp;"


@dataclass(frozen=True, slots=True)
class Place:
    """A page with a box: what the box is called, where it is kept and where it is sent."""

    page: str
    field: str
    unsent: str
    send: str

    def left(self, visitor: Visitor) -> str:
        """What stands in the box when the page is opened."""
        found = re.search(r"<textarea[^>]*>([^<]*)</textarea>", visitor.get(self.page).text)
        assert found
        return found[1].strip()


@pytest.fixture(params=["text", "note"])
def place(request: pytest.FixtureRequest, site: TestSite) -> Place:
    booked(site.database, site.profiles["ara-health"], NOW)
    task = desk.task(site.database, words="Can I bring my dog?")
    if request.param == "text":
        page = f"/admin/contacts/{desk.contact_id(site.database)}/thread"
        return Place(page, "body", f"{page}/unsent", f"{page}/send")
    page = f"/admin/attention/{task}"
    return Place(page, "note", f"{page}/unsent", f"{page}/note")


@pytest.fixture
def writer(site: TestSite, place: Place) -> Visitor:
    """Somebody who has begun to write."""
    visitor = site.visitor()
    assert visitor.post(place.unsent, {place.field: HALF}, htmx=True).status_code in (200, 204)
    return visitor


def rows(site: TestSite) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(UnsentText.body)).all())


def test_it_outlives_the_session_for_its_writer_alone(
    site: TestSite, place: Place, writer: Visitor
) -> None:
    assert place.left(site.visitor(Role.MANAGER)) == ""
    site.clock.advance(minutes=31)
    assert writer.get(place.page).status_code == 303
    writer.sign_in("coordinator@example.org", PASSWORD)
    assert place.left(writer) == SHOWN
    began = "You began this on Fri, Nov 20, 2026, 1:00 PM EST and did not finish it."
    assert began in texts(writer.get(place.page).text)
    assert place.left(site.visitor(Role.MANAGER)) == ""


def test_typing_is_doing_something(site: TestSite, place: Place, writer: Visitor) -> None:
    for _ in range(3):
        site.clock.advance(minutes=20)
        writer.post(place.unsent, {place.field: HALF}, htmx=True)
    assert writer.get(place.page).status_code == 200


def test_what_was_sent_is_not_kept(site: TestSite, place: Place, writer: Visitor) -> None:
    page = writer.get(place.page).text
    fields = dict(re.findall(r'type="hidden" name="(key|seen|talking)" value="([^"]*)"', page))
    words = {place.field: "Yes, you may."}
    assert writer.post(place.send, fields | words).status_code == 303
    writer.post(place.unsent, fields | words, htmx=True)  # this was on its way meanwhile
    with site.database.reading() as session:
        sent = session.scalars(select(StaffText.body)).all()
        noted = session.scalars(select(TaskNote.body)).all()
    assert [*sent, *noted] == ["Yes, you may."]
    assert rows(site) == []


@pytest.mark.parametrize("body", ["", "  \r\n "])
def test_what_was_wiped_out_or_discarded_is_gone(
    site: TestSite, place: Place, writer: Visitor, body: str
) -> None:
    answer = writer.post(place.unsent, {place.field: body})
    assert (answer.status_code, answer.headers["Location"]) == (303, place.page)
    assert rows(site) == []
    assert place.left(writer) == ""
    assert "did not finish it" not in writer.get(place.page).text


def test_a_day_later_it_is_not_shown_any_more(
    site: TestSite, place: Place, writer: Visitor
) -> None:
    site.clock.now += dt.timedelta(days=1)
    writer.sign_in("coordinator@example.org", PASSWORD)
    assert place.left(writer) == ""


def test_a_refused_text_stays_as_it_was_sent(site: TestSite) -> None:
    booked(site.database, site.profiles["ara-health"], NOW)
    page = f"/admin/contacts/{desk.contact_id(site.database)}/thread"
    visitor = site.visitor()
    visitor.post(f"{page}/unsent", {"body": "x" * 1601}, htmx=True)
    answer = visitor.post(f"{page}/send", {"body": "x" * 1602, "key": "0" * 32})
    assert answer.status_code == 422
    assert f">{'x' * 1602}</textarea>" in answer.text
    assert rows(site) == ["x" * 1601]


def test_nobody_is_told_of_a_loss_when_typing_ends_in_sign_in(
    lite_site: TestSite,
) -> None:
    task = desk.task(lite_site.database)
    visitor = lite_site.visitor()
    lite_site.clock.advance(minutes=31)
    answer = visitor.client.post(
        f"/admin/attention/{task}/unsent", headers={"HX-Request": "true"}, data={"note": HALF}
    )
    assert answer.status_code == 401
    assert "was not stored" not in visitor.get("/admin/sign-in").text


def test_what_is_not_there_is_refused(site: TestSite) -> None:
    visitor = site.visitor()
    for path in ("/admin/contacts/99/thread/unsent", "/admin/attention/99/unsent"):
        assert visitor.post(path, {"body": HALF, "note": HALF}, htmx=True).status_code == 404
