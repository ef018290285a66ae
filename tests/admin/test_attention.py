"""The queue of tasks; on both databases."""

from __future__ import annotations

import datetime as dt
import re

from admin import task_words
from db.staff import Role
from db.tasks import close_tasks
from flows.model import TaskKind
from flows.triage import FlagClass
from tests.support import desk
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.queries import counted
from tests.support.queue_pages import QUEUE, headings, stamp, take, texts, watch
from tests.support.site import TestSite


def test_every_kind_of_task_has_plain_words() -> None:
    assert set(TaskKind) <= {*task_words.KIND_WORDS, *task_words.FURTHER_WORDS}
    words = [*task_words.KIND_WORDS.values(), *task_words.FURTHER_WORDS.values()]
    assert len({heading for heading, _ in words}) == len(words)
    assert set(task_words.FLAG_WORDS) == set(FlagClass)
    assert all(do.endswith(".") for _, do in words)


def test_the_most_urgent_is_on_top_and_then_the_oldest(site: TestSite) -> None:
    later = NOW + dt.timedelta(minutes=5)
    desk.task(site.database, "question", "normal")
    desk.task(site.database, "no_driver", "urgent", at=later)
    desk.task(site.database, "already_ate", "urgent")
    desk.task(site.database, "emergency", "emergency", topic="cord", at=later)
    desk.task(site.database, "emergency", "emergency", topic="stroke")
    site.clock.advance(minutes=7)
    page = site.visitor().get(QUEUE).text
    assert headings(page) == [
        *("Emergency words", "Emergency words", "Has already eaten", "Has no driver"),
        "Question without an approved answer",
    ]
    assert "About: Signs of a stroke" in texts(page).partition("About: Legs, bladder")[0]
    assert "(7 minutes)" in page
    assert "<title>(5) Needs attention" in page


def test_a_task_says_who_where_to_call_what_they_wrote_and_which_appointment(
    site: TestSite,
) -> None:
    visit = booked(site.database, site.profiles["ara-health"], NOW)
    desk.task(site.database, "cannot_come", "urgent", "I can't <b>make</b> it", appointment=visit)
    desk.task(site.database, "question", words="Can I bring my dog?")
    said = texts(site.visitor().get(QUEUE).text)
    assert said.count("Rosalind Quackenbush Call (828) 555-0173") == 2
    assert "I can't <b>make</b> it" in said
    assert "Appointment: kyphoplasty, Tue, Dec 1, 2026, 8:30 AM EST" in said
    assert "Can I bring my dog?" in said
    assert "Next appointment: kyphoplasty" in said


def test_no_number_or_name_stands_in_an_address_of_ours(site: TestSite) -> None:
    booked(site.database, site.profiles["ara-health"], NOW)
    desk.task(site.database)
    page = site.visitor().get(QUEUE).text
    addresses = re.findall(r'(?:href|action|hx-get)="([^"]+)"', page)
    assert 'href="tel:+18285550173"' in page
    ours = [each for each in addresses if not each.startswith("tel:")]
    assert len(ours) > 10
    assert not [each for each in ours if "555" in each or "Quack" in each]


def test_several_patients_on_one_phone_are_all_named(site: TestSite) -> None:
    profile = site.profiles["ara-health"]
    booked(site.database, profile, NOW)
    booked(site.database, profile, NOW, external_id="A-2", first_name="Otto")
    desk.task(site.database)
    said = texts(site.visitor().get(QUEUE).text)
    assert "Rosalind Quackenbush or Otto Quackenbush" in said
    assert "Several patients share this phone" in said


def test_somebody_unknown_can_still_be_called(site: TestSite) -> None:
    desk.task(site.database, phone="+18285550199")
    assert "Somebody who is not on file Call (828) 555-0199" in texts(
        site.visitor().get(QUEUE).text
    )


def test_tasks_can_be_narrowed_down(site: TestSite) -> None:
    visitor = site.visitor()
    mine = desk.task(site.database, "ill", "urgent")
    desk.task(site.database, "no_driver", "urgent")
    done = desk.task(site.database, "call_me")
    take(visitor, mine)
    visitor.post(f"{QUEUE}/{done}/done", {"stamp": stamp(visitor, done)})
    assert headings(visitor.get(f"{QUEUE}?show=mine").text) == ["Feels ill"]
    assert headings(visitor.get(f"{QUEUE}?show=free").text) == ["Has no driver"]
    assert headings(visitor.get(f"{QUEUE}?show=done").text) == ["Wants to talk to a person"]
    assert len(headings(visitor.get(QUEUE).text)) == 2
    manager = site.visitor(Role.MANAGER)
    assert "Nothing waits for you here" in manager.get(f"{QUEUE}?show=mine").text


def test_a_long_queue_has_further_pages(site: TestSite) -> None:
    for number in range(53):
        desk.task(site.database, topic=f"topic {number}")
    visitor = site.visitor()
    first = visitor.get(QUEUE).text
    assert len(headings(first)) == 50
    assert "page=2" in first
    assert len(headings(visitor.get(f"{QUEUE}?page=2").text)) == 3


def test_the_number_of_statements_does_not_grow_with_the_tasks(site: TestSite) -> None:
    profile, visitor = site.profiles["ara-health"], site.visitor()
    counts = []
    for round_ in range(2):
        for number in range(1 + 12 * round_):
            phone = f"+1828555{round_}{number:03}"
            visit = booked(
                site.database, profile, NOW, external_id=f"{round_}-{number}", phone=phone
            )
            desk.task(site.database, phone=phone)
            desk.task(site.database, "ill", phone=phone, appointment=visit)
        address = watch(visitor.get(QUEUE).text).replace("seen=", "seen=x")
        for path in (QUEUE, address):
            with counted(site.database) as sent:
                assert visitor.get(path).status_code == 200
            counts.append(len(sent))
    assert counts[:2] == counts[2:]


def test_news_come_only_when_there_are_some(site: TestSite) -> None:
    visitor = site.visitor()
    desk.task(site.database)
    page = visitor.get(QUEUE).text
    assert visitor.get(watch(page)).status_code == 204
    site.clock.advance(seconds=3)
    desk.task(site.database, "ill", "urgent", at=site.clock())
    news = visitor.get(watch(page))
    assert news.status_code == 200
    assert "<title>(2) Needs attention" in news.text
    assert "New: Feels ill" in texts(news.text)
    assert 'id="news"' in news.text
    assert headings(news.text) == ["Feels ill", "Question without an approved answer"]
    assert visitor.get(watch(news.text)).status_code == 204


def test_news_of_staff_s_own_steps_are_shown_and_not_announced(site: TestSite) -> None:
    visitor = site.visitor()
    key = desk.task(site.database)
    page = visitor.get(QUEUE).text
    take(site.visitor(Role.MANAGER), key)
    news = visitor.get(watch(page)).text
    assert "Pat Manager looks after this." in texts(news)
    assert "New:" not in news


def test_a_further_word_about_an_emergency_asks_for_everyone_again(site: TestSite) -> None:
    visitor = site.visitor()
    key = desk.task(site.database, "emergency", "emergency", "can't breathe", topic="chest")
    visitor.post(f"{QUEUE}/{key}/acknowledge", {"stamp": stamp(visitor, key)})
    page = visitor.get(QUEUE).text
    site.clock.advance(seconds=30)
    again = desk.task(
        site.database, "emergency", "emergency", "still", topic="chest", at=site.clock()
    )
    assert again == key
    news = visitor.get(watch(page)).text
    assert 'id="alarm"' in news
    assert "Nobody has acknowledged this yet." in news


def test_what_closed_by_itself_says_so(site: TestSite) -> None:
    visit = booked(site.database, site.profiles["ara-health"], NOW)
    key = desk.task(site.database, "unreachable", "urgent", appointment=visit)
    with site.database.transaction() as session:
        session.get_one(type(desk.stored_task(site.database, key)), key).reason = "in_doubt"
    with site.database.transaction() as session:
        close_tasks(session, visit, ["in_doubt"], NOW)
    said = texts(site.visitor().get(f"{QUEUE}?show=done").text)
    assert "It may or may not have gone out" in said
    assert "Closed by itself" in said
