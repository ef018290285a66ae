"""The conversation with a phone; on both databases."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from db.contacts import record_opt_change, set_contact
from db.models import Audit, InboundText, OptChange, Patient, Reminder
from db.staff import Role
from db.tasks import NewTask, open_task
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queries import counted
from tests.support.queue_pages import QUEUE, texts, watch
from tests.support.site import TestSite, Visitor
from tests.support.staff_replies import reply, stored


@pytest.fixture
def contact(site: TestSite) -> int:
    """A patient's phone, from which somebody has just written."""
    booked(site.database, site.profiles["ara-health"], NOW)
    key = desk.contact_id(site.database)
    wrote(site, key, "Can I bring my dog?")
    return key


def wrote(site: TestSite, contact: int, body: str, **changes: object) -> None:
    """A text comes in and is stored, as a turn does."""
    values = {
        "kind": "answer",
        "labels": "visitors",
        "rule": "words",
        "reply": "Ask us.",
        **changes,
    }
    with site.database.transaction() as session:
        text = InboundText(
            sid=uuid.uuid4().hex, contact_id=contact, at=site.clock(), body=body, media=0, **values
        )
        text.response = ""
        session.add(text)


def path(contact: int, further: str = "") -> str:
    return f"/admin/contacts/{contact}/thread{further}"


def form(visitor: Visitor, contact: int) -> dict[str, str]:
    """The hidden fields of the reply box, as the page has them."""
    page = visitor.get(path(contact)).text
    fields = re.findall(r'type="hidden" name="(key|seen|talking)" value="([^"]*)"', page)
    assert len(fields) == 3
    return dict(fields)


def send(visitor: Visitor, contact: int, body: str, **changes: str) -> str:
    """Write and send; what the page says then."""
    answer = visitor.post(path(contact, "/send"), form(visitor, contact) | {"body": body} | changes)
    if answer.status_code == 303:
        answer = visitor.get(answer.headers["Location"])
    return texts(answer.text)


def test_everything_stands_in_time_order_in_plain_words(site: TestSite, contact: int) -> None:
    site.clock.advance(minutes=1)
    with site.database.transaction() as session:
        first = session.scalars(select(Reminder).order_by(Reminder.due_at)).first()
        assert first
        first.to, first.body, first.attempts = desk.PHONE, "Your appointment is near.", 1
        first.status, first.sent_at, first.started_at = "delivered", site.clock(), site.clock()
    site.clock.advance(minutes=1)
    reply(site.database, "Yes, a small one.", site.clock())
    site.clock.advance(minutes=1)
    wrote(site, contact, "STOP", kind="optout", labels="optout", rule="keyword", reply="")
    with site.database.transaction() as session:
        record_opt_change(session, contact, "opt_out", "keyword", "STOP", site.clock())
    said = texts(site.visitor().get(path(contact)).text)
    wanted = [
        *("Conversation with Rosalind Quackenbush", "Call (828) 555-0173"),
        *("Patient Fri, Nov 20, 2026, 1:00 PM EST", "Can I bring my dog?"),
        *("Understood as: Visitors", "Automatic answer", "Ask us."),
        *("Reminder a week before", "Your appointment is near.", "Delivered"),
        *("Pat Coordinator Fri, Nov 20, 2026, 1:02 PM EST", "Yes, a small one."),
        *("Waiting to be sent", "STOP", "Asked for no more messages", "Messages switched off"),
        "This patient asked for no more texts, so none can be sent. Phone them.",
        "Since Fri, Nov 20, 2026, 1:03 PM EST. They wrote: “STOP”",
    ]
    places = [said.find(each) for each in wanted]
    assert -1 not in places, dict(zip(wanted, places, strict=True))
    assert places == sorted(places)


def test_a_text_is_stored_once_with_who_and_pauses_the_bot(site: TestSite, contact: int) -> None:
    visitor = site.visitor()
    fields = form(visitor, contact) | {"body": " Yes, you may. "}
    for answer in ("Your text goes out now.", "it is not sent a second time"):
        assert visitor.post(path(contact, "/send"), fields).status_code == 303
        said = texts(visitor.get(path(contact)).text)
        assert answer in said
    assert "Pat Coordinator is talking with the patient." in said
    assert "paused until 1:30 PM EST" in said
    [text] = stored(site.database)
    assert (text.body, text.status, text.to) == ("Yes, you may.", "planned", desk.PHONE)
    assert text.staff_id == site.person("coordinator@example.org").id
    row = desk.stored_contact(site.database, contact)
    assert (row.paused_until, row.paused_by) == (NOW + dt.timedelta(minutes=30), text.staff_id)
    with site.database.reading() as session:
        audited = session.scalars(select(Audit).where(Audit.action == "text_sent")).all()
    assert [(row.entity_kind, row.entity_id, row.detail) for row in audited] == [
        ("contact", str(contact), '{"segments": 1}')
    ]


def test_pausing_and_handing_back_by_button(site: TestSite, contact: int) -> None:
    visitor = site.visitor()
    visitor.post(path(contact, "/pause"))
    assert desk.stored_contact(site.database, contact).paused_until is not None
    other = site.visitor(Role.MANAGER)
    other.post(path(contact, "/pause"))
    said = texts(other.get(path(contact)).text)
    assert "Pat Coordinator is talking with this patient already." in said
    visitor.post(path(contact, "/resume"))
    row = desk.stored_contact(site.database, contact)
    assert (row.paused_until, row.paused_by) == (None, None)
    assert "The automatic answers are on." in texts(visitor.get(path(contact)).text)
    with site.database.reading() as session:
        actions = session.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert [each for each in actions if each.startswith("conversation")] == [
        "conversation_taken",
        "conversation_handed_back",
    ]


def test_whoever_writes_second_is_told_and_their_text_is_kept(site: TestSite, contact: int) -> None:
    one, other = site.visitor(), site.visitor(Role.MANAGER)
    fields = form(other, contact) | {"body": "I say no"}
    send(one, contact, "I say yes")
    answer = other.post(path(contact, "/send"), fields)
    assert answer.status_code == 422
    assert "Pat Coordinator has begun to talk with this patient." in texts(answer.text)
    assert ">I say no</textarea>" in answer.text
    assert "Your text goes out now." in send(other, contact, "I say yes, too")
    assert len(stored(site.database)) == 2


def test_what_the_patient_wrote_meanwhile_is_done_when_it_was_read(
    site: TestSite, contact: int
) -> None:
    visitor = site.visitor()
    with site.database.transaction() as session:
        new = NewTask("ara-health", "wrote_to_staff", "urgent", "And my cat?", contact)
        key = open_task(session, new, NOW)
    site.clock.advance(seconds=5)
    fields = form(visitor, contact) | {"body": "Yes"}
    wrote(site, contact, "And my cat?")
    visitor.post(path(contact, "/send"), fields)
    assert desk.stored_task(site.database, key).done_at is None
    send(visitor, contact, "No cats, sorry")
    assert desk.stored_task(site.database, key).done_at == site.clock()
    assert desk.story(site.database, key) == [("done", "Answered by text")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"opted_out_at": NOW}, "asked for no more texts"),
        ({"textable": False}, "it may be a landline"),
        ({"reachable": False}, "This number does not work"),
    ],
)
def test_a_phone_that_can_t_be_texted_is_not(
    site: TestSite, contact: int, change: dict[str, Any], words: str
) -> None:
    visitor = site.visitor()
    fields = form(visitor, contact) | {"body": "Hello"}
    with site.database.transaction() as session:
        set_contact(session, contact, **change)
    answer = visitor.post(path(contact, "/send"), fields)
    assert answer.status_code == 422
    assert words in texts(answer.text)
    assert stored(site.database) == []
    page = visitor.get(path(contact)).text
    assert words in texts(page)
    assert "<textarea" not in page


def test_somebody_without_consent_is_texted_only_after_writing(site: TestSite) -> None:
    booked(site.database, site.profiles["ara-health"], NOW, sms_consent=False)
    key = desk.contact_id(site.database)
    visitor = site.visitor()
    assert "has not agreed to texts" in texts(visitor.get(path(key)).text)
    wrote(site, key, "hello?")
    assert "goes out now" in send(visitor, key, "Hello")


def test_at_night_it_goes_out_only_when_confirmed_and_only_as_an_answer(
    site: TestSite, contact: int
) -> None:
    visitor = site.visitor()
    site.clock.advance(hours=9)
    visitor = site.visitor()
    page = texts(visitor.get(path(contact)).text)
    assert "It is 10:00 PM EST at the clinic, outside its sending hours." in page
    assert "Confirm that it should go out now." in send(visitor, contact, "Yes")
    assert "goes out now" in send(visitor, contact, "Yes", quiet="yes")
    site.clock.advance(hours=24)
    assert "who has not written" in send(site.visitor(), contact, "Still yes", quiet="yes")
    assert len(stored(site.database)) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [("  ", "Write something"), ("x" * 1601, "too long"), ("ñ" * 1601, "too long")],
)
def test_a_text_that_can_t_be_sent_is_refused(
    site: TestSite, contact: int, body: str, words: str
) -> None:
    assert words in send(site.visitor(), contact, body)
    assert stored(site.database) == []


def test_a_form_without_its_key_is_none(site: TestSite, contact: int) -> None:
    visitor = site.visitor()
    for key in ("", "x" * 32, "A" * 32):
        answer = visitor.post(path(contact, "/send"), {"body": "Hello", "key": key})
        assert answer.status_code == 400
    assert stored(site.database) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "Nothing written yet."),
        ("Hello", "5 characters, 1 segment"),
        ("x" * 161, "161 characters, 2 segments"),
        ("日" * 71, "71 characters, 2 segments (special characters make it longer)"),
        ("“Hi”", "4 characters, 1 segment Some signs or accents go out in a plainer form."),
        ("x" * 600, "600 characters, 4 segments This is long for a text; a call may be better."),
    ],
)
def test_the_length_is_that_of_what_goes_out(
    site: TestSite, contact: int, body: str, said: str
) -> None:
    visitor = site.visitor()
    answer = visitor.post(path(contact, "/unsent"), {"body": body}, htmx=True)
    assert texts(answer.text) == said


def test_news_come_only_when_there_are_some(site: TestSite, contact: int) -> None:
    visitor = site.visitor()
    page = visitor.get(path(contact)).text
    assert visitor.get(watch(page)).status_code == 204
    site.clock.advance(seconds=2)
    wrote(site, contact, "Hello?", kind="unknown", rule="paused", reply="")
    news = visitor.get(watch(page))
    assert "The patient has written." in texts(news.text)
    assert "Not answered by itself: a person is answering" in texts(news.text)
    assert visitor.get(watch(news.text)).status_code == 204


def test_a_long_conversation_has_earlier_pages_and_loses_nothing(
    site: TestSite, contact: int
) -> None:
    for number in range(80):
        site.clock.advance(seconds=1)
        wrote(site, contact, f"Text {number:03}.", reply="")
    visitor = site.visitor()
    address, seen = path(contact), []
    while address:
        page = visitor.get(address).text
        seen += re.findall(r"Text (\d{3})\.", page)
        found = re.search(r'href="([^"]+before=[^"]+)"', page)
        address = unescape(found[1]) if found else ""
    assert sorted(seen) == [f"{number:03}" for number in range(80)]
    assert len(seen) == 80


def test_the_number_of_statements_does_not_grow(site: TestSite, contact: int) -> None:
    visitor = site.visitor()
    visitor.get(path(contact))
    counts = []
    for texts_ in (1, 15):
        for number in range(texts_):
            site.clock.advance(seconds=1)
            wrote(site, contact, f"Text {number}")
            reply(site.database, f"Answer {number}", site.clock())
            desk.task(site.database, topic=f"{texts_} {number}")
        with counted(site.database) as sent:
            assert visitor.get(path(contact)).status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_looking_at_it_is_written_down_and_nothing_personal_is_in_an_address(
    site: TestSite, contact: int
) -> None:
    desk.task(site.database)
    visitor = site.visitor()
    page = visitor.get(path(contact)).text
    with site.database.reading() as session:
        row = session.scalars(select(Audit)).one()
        assert session.scalars(select(OptChange)).all() == []
    assert (row.action, row.entity_kind, row.entity_id) == (
        "thread_viewed",
        "contact",
        str(contact),
    )
    addresses = re.findall(r'(?:href|action|hx-get|hx-post)="([^"]+)"', page)
    assert not [a for a in addresses if "5550173" in a and not a.startswith("tel:")]
    assert f'href="{path(contact)}"' in visitor.get(QUEUE).text
    assert visitor.get(path(contact + 1)).status_code == 404


def test_a_shared_phone_says_so(site: TestSite, contact: int) -> None:
    booked(site.database, site.profiles["ara-health"], NOW, external_id="A-2", first_name="Otto")
    with site.database.transaction() as session:
        session.execute(update(Patient).values(language="es"))
    said = texts(site.visitor().get(path(contact)).text)
    assert "Rosalind Quackenbush or Otto Quackenbush" in said
    assert "Several patients share this phone." in said
