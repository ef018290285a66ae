"""Reading the audit; on both databases."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest

from admin.audit_words import ACTION_WORDS, action_words
from db.audit import SERVER, Action, Actor, Entity, record
from db.staff import Role
from tests.support.csv_files import NOW
from tests.support.site import TestSite, Visitor


@pytest.fixture
def manager(site: TestSite) -> Visitor:
    return site.visitor(Role.MANAGER)


def write(site: TestSite, *actions: Action, at: dt.datetime = NOW, actor: Actor = SERVER) -> None:
    with site.database.transaction() as session:
        for action in actions:
            record(session, actor, action, Entity("staff", "7"), at=at, detail={"role": "x"})


def shown(page: str) -> list[str]:
    """The actions of the rows on a page, in words, from the top."""
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    return [cell for cell in cells if cell in ACTION_WORDS.values()]


def test_every_action_has_words() -> None:
    assert set(ACTION_WORDS) == set(Action)
    assert len(set(ACTION_WORDS.values())) == len(Action)
    assert action_words("of_a_later_release") == "of_a_later_release"


def test_the_newest_entry_is_on_top_with_the_clinic_s_time(
    site: TestSite, manager: Visitor
) -> None:
    write(site, Action.SIGNED_IN, Action.SIGNED_OUT)
    page = manager.get("/admin/audit").text
    assert shown(page) == ["Signed out", "Signed in"]
    assert "Fri, Nov 20, 2026, 1:00 PM EST" in page
    assert 'datetime="2026-11-20T18:00:00Z"' in page
    assert "command line" in page
    assert "role: x" in page


def test_filters_narrow_it_down(site: TestSite, manager: Visitor) -> None:
    me = site.person("manager@example.org")
    write(site, Action.SIGNED_IN, actor=Actor(me.id, me.email))
    write(site, Action.SIGNED_IN, Action.STAFF_ADDED)
    write(site, Action.SIGNED_OUT, at=NOW - dt.timedelta(days=2))
    for query, count in {
        "": 4,
        f"who={me.id}": 1,
        "what=signed_in": 2,
        "since=2026-11-20": 3,
        "until=2026-11-18": 1,
        "until=2026-11-17": 0,
        "since=2026-11-19&until=2026-11-20&what=staff_added": 1,
    }.items():
        page = manager.get(f"/admin/audit?{query}")
        assert page.status_code == 200, query
        assert len(shown(page.text)) == count, query
    assert "Nothing was found." in manager.get("/admin/audit?until=2026-11-17").text


def test_a_day_is_the_clinic_s_own(site: TestSite, manager: Visitor) -> None:
    """04:59 UTC is still the evening before in North Carolina."""
    write(site, Action.SIGNED_IN, at=dt.datetime(2026, 11, 20, 4, 59, tzinfo=dt.UTC))
    assert len(shown(manager.get("/admin/audit?since=2026-11-19&until=2026-11-19").text)) == 1
    assert len(shown(manager.get("/admin/audit?since=2026-11-20").text)) == 0


@pytest.mark.parametrize("query", ["who=99", "who=x", "what=nonsense", "since=yesterday"])
def test_a_filter_that_does_not_exist_is_told(site: TestSite, manager: Visitor, query: str) -> None:
    write(site, Action.SIGNED_IN)
    page = manager.get(f"/admin/audit?{query}")
    assert page.status_code == 422
    assert 'id="errors"' in page.text
    assert manager.get(f"/admin/audit.csv?{query}").status_code == 400


def test_older_entries_follow_without_gap_or_double(site: TestSite, manager: Visitor) -> None:
    write(site, *[Action.SIGNED_IN] * 70, *[Action.SIGNED_OUT] * 50)
    page = manager.get("/admin/audit?what=signed_in").text
    assert len(shown(page)) == 50
    older = re.search(r'href="([^"]+)" rel="next"', page)
    assert older
    address = older[1].replace("&amp;", "&")
    assert "what=signed_in" in address
    rest = manager.get(address).text
    assert len(shown(rest)) == 20
    assert 'rel="next"' not in rest
    assert 'rel="prev"' in rest


def test_htmx_gets_the_list_alone(site: TestSite, manager: Visitor) -> None:
    write(site, Action.SIGNED_IN)
    part = manager.get("/admin/audit?what=signed_in", {"HX-Request": "true"}).text
    assert shown(part) == ["Signed in"]
    assert "<html" not in part
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in manager.get("/admin/audit?what=signed_in", restored).text


def test_the_export_holds_everything_and_is_itself_recorded(
    site: TestSite, manager: Visitor
) -> None:
    write(site, *[Action.SIGNED_IN] * 1100)
    write(site, Action.SIGNED_OUT, actor=Actor(None, "=cmd|calc"))
    answer = manager.get("/admin/audit.csv")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert len(rows) == 1 + 1102
    assert rows[0] == ["at_utc", "who", "action", "entity", "entity_id", "clinic", "detail"]
    assert rows[1][1:3] == ["manager@example.org", "audit_exported"]
    assert rows[2][1] == "'=cmd|calc"
    assert rows[3] == [
        *("2026-11-20T18:00:00Z", "command line", "signed_in", "staff", "7", ""),
        '{"role": "x"}',
    ]
    few = manager.get("/admin/audit.csv?what=signed_out").text.splitlines()
    assert len(few) == 2
