"""Importing a file: what is shown is what is applied; on both databases."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from admin import imports
from admin.import_work import Stage, go_on
from admin.site import site as site_of_app
from appointments import Change
from db.data_models import ImportDraft
from db.models import Appointment, Audit, Patient, Reminder
from db.staff import Role
from scheduler.policy import Kind
from tests.support.csv_files import csv_file
from tests.support.data import booked
from tests.support.site import TestSite, Visitor
from tests.support.visits import local

FAR = {"starts_at": "2026-12-01T08:30"}


@pytest.fixture
def desk(site: TestSite) -> Visitor:
    return site.visitor()


def people(count: int, **changes: str) -> list[dict[str, str]]:
    """Rows of so many patients, who differ in name and number."""
    return [
        {**FAR, "first_name": f"Ada{chr(97 + n // 26)}{chr(97 + n % 26)}", **changes}
        | {"phone": f"(828) 555-{100 + n:04}"}
        for n in range(count)
    ]


def upload(visitor: Visitor, content: bytes) -> str:
    """Upload a file; the address of its page."""
    answer = visitor.post("/admin/imports", {"file": (io.BytesIO(content), "day.csv")})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def apply(visitor: Visitor, address: str, **form: str) -> TestResponse:
    """Press the button of the page at an address."""
    found = re.search(r'name="mark" value="(\w+)"', visitor.get(address).text)
    assert found
    return visitor.post(f"{address}/apply", {"mark": found[1], **form})


def counts(site: TestSite) -> tuple[int, int, int]:
    """How many appointments, patients and reminders are stored."""
    with site.database.reading() as session:
        appointments, patients, reminders = (
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Appointment, Patient, Reminder)
        )
    return appointments, patients, reminders


def cells(page: str, head: str) -> list[str]:
    """The cells of the row of the page that begins with this head."""
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    texts = [[" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in _cells(r)] for r in rows]
    return next(row[1:] for row in texts if row and row[0].startswith(head))


def _cells(row: str) -> list[str]:
    return re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)


def audited(site: TestSite, action: str) -> list[str]:
    with site.database.reading() as session:
        return list(session.scalars(select(Audit.detail).where(Audit.action == action)))


def draft(site: TestSite) -> ImportDraft:
    with site.database.reading() as session:
        return session.scalars(select(ImportDraft)).one()


def test_a_file_is_shown_first_and_changes_nothing(site: TestSite, desk: Visitor) -> None:
    address = upload(desk, csv_file(*people(3), {"phone": "555"}))
    assert counts(site) == (0, 0, 0)
    page = desk.get(address).text
    assert cells(page, "New") == ["3"]
    assert cells(page, "Bad") == ["1"]
    assert cells(page, "Reminders")[0] == "9"
    assert cells(page, "Notices") == ["0", "0", "0"]
    assert int(cells(page, "Reminders")[1]) >= 9
    assert '"good_rows": 3' in audited(site, "import_previewed")[0]
    assert audited(site, "import_viewed") == ['{"shown": 3}']


def test_a_consent_that_comes_with_a_file_brings_reminders_back(
    site: TestSite, desk: Visitor
) -> None:
    without = upload(desk, csv_file(*people(2, sms_consent="no")))
    apply(desk, without)
    again = upload(desk, csv_file(*people(2)))
    assert cells(desk.get(again).text, "Reminders")[0] == "6"
    with site.database.reading() as session:
        assert set(session.scalars(select(Reminder.status))) == {"skipped"}
    apply(desk, again)
    with site.database.reading() as session:
        assert set(session.scalars(select(Reminder.status))) == {"planned"}


def test_what_was_shown_is_applied_and_the_file_is_forgotten(site: TestSite, desk: Visitor) -> None:
    address = upload(desk, csv_file(*people(250)))
    apply(desk, address)
    assert counts(site) == (250, 250, 750)
    page = desk.get(address).text
    assert "Applied on Fri, Nov 20, 2026, 1:00 PM EST" in page
    assert cells(page, "New") == ["250"]
    assert draft(site).rows == b"[]"
    assert '"new": 250' in audited(site, "import_applied")[0]
    assert desk.post(f"{address}/apply", {"mark": "x"}).status_code == 303
    assert counts(site) == (250, 250, 750)


def test_moved_cancelled_corrected_and_unchanged_are_told_apart(
    site: TestSite, desk: Visitor
) -> None:
    first = people(5)
    apply(desk, upload(desk, csv_file(*first)))
    first[0]["starts_at"] = "2026-12-02T08:30"
    first[1]["status"] = "cancelled"
    first[2]["phone"] = "(828) 555-0999"
    address = upload(desk, csv_file(*first))
    page = desk.get(address).text
    told = [cells(page, words)[0] for words in imports.CHANGE_WORDS.values()]
    assert told == ["0", "1", "1", "1", "2"]
    assert cells(page, "Notices")[0] == "2"
    assert "was Tue, Dec 1, 2026, 8:30 AM EST" in page
    moved = desk.get(f"{address}?change=moved").text
    assert "Adaaa" in moved
    assert "Adaab" not in moved
    apply(desk, address)
    with site.database.reading() as session:
        kinds = session.execute(
            select(Reminder.kind, func.count())
            .where(Reminder.kind.in_((Kind.MOVED, Kind.CANCELLED)))
            .group_by(Reminder.kind)
        ).all()
    assert sorted(map(tuple, kinds)) == [("cancelled", 1), ("moved", 1)]


def test_messages_that_can_reach_nobody_and_calls_are_counted(desk: Visitor) -> None:
    rows = people(3)
    rows[0]["sms_consent"] = "no"
    rows[1].update(channel="voice", voice_consent="yes")
    page = desk.get(upload(desk, csv_file(*rows))).text
    assert "1 appointment has a message that can't reach the patient" in page
    assert cells(page, "Reminders")[0] == "3"
    assert cells(page, "Reminders")[2] == "3"


def test_an_unusual_share_asks_a_second_time(site: TestSite, desk: Visitor) -> None:
    rows = people(20)
    apply(desk, upload(desk, csv_file(*rows)))
    for each in rows[:4]:
        each["status"] = "cancelled"
    page = desk.get(upload(desk, csv_file(*rows))).text
    assert "This is unusual" not in page  # a fifth, and only four
    rows[4]["starts_at"] = "2026-12-03T08:30"
    address = upload(desk, csv_file(*rows))
    page = " ".join(desk.get(address).text.split())
    assert "of the 20 coming appointments that this file names, 1 would be moved and 4" in page
    answer = apply(desk, address)
    assert answer.status_code == 422
    assert "Say that so many" in answer.text
    assert apply(desk, address, sure="1-4-21").status_code == 422
    assert apply(desk, address, sure="1-4-20").status_code == 303
    assert cells(desk.get(address).text, "Cancelled") == ["4"]
    assert '"cancelled": 4' in audited(site, "import_applied")[-1]


def test_what_moved_on_meanwhile_is_shown_before_anything_is_applied(
    site: TestSite, desk: Visitor
) -> None:
    apply(desk, upload(desk, csv_file(*people(1))))
    rows = [*people(1), *people(120)[1:]]
    rows[0]["starts_at"] = "2026-12-02T08:30"
    address = upload(desk, csv_file(*rows))
    booked(
        site.database,
        site.profiles["ara-health"],
        site.clock(),
        first_name="Adaaa",
        phone="+18285550100",
        starts_at=local("2026-12-02T08:30"),
    )
    before = counts(site)
    apply(desk, address)
    page = desk.get(address).text
    assert "changed after you looked" in page
    assert counts(site) == before
    assert cells(page, "Unchanged") == ["1"]
    apply(desk, address)
    assert "Applied on" in desk.get(address).text
    assert counts(site)[0] == 120


def test_a_change_between_check_and_piece_stops_before_that_piece(
    site: TestSite, desk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check passed; somebody books the last row before its piece is applied."""
    rows = people(150)
    address = upload(desk, csv_file(*rows))
    monkeypatch.setattr(imports, "SLICE_SECONDS", 0.0)
    apply(desk, address)
    while draft(site).stage != "applying":
        monkeypatch.setattr(imports, "SLICE_SECONDS", 0.0001)
        desk.post(f"{address}/go-on")
    booked(
        site.database,
        site.profiles["ara-health"],
        site.clock(),
        external_id="A-1150",
        first_name=rows[149]["first_name"],
        phone="+18285550249",
    )
    monkeypatch.setattr(imports, "SLICE_SECONDS", 60.0)
    desk.post(f"{address}/go-on")
    page = desk.get(address).text
    assert "whatever of it was applied before counts as unchanged" in page
    assert cells(page, "New") == ["49"]
    assert cells(page, "Unchanged") == ["101"]


def test_a_large_file_is_worked_through_in_slices(
    site: TestSite, desk: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "SLICE_SECONDS", 0.0001)
    address = upload(desk, csv_file(*people(250)))
    page = desk.get(address).text
    assert 'value="1" max="3"' in page
    part = desk.post(f"{address}/go-on", htmx=True)
    assert 'value="2" max="3"' in part.text
    done = desk.post(f"{address}/go-on", htmx=True)
    assert done.headers["HX-Redirect"] == address
    apply(desk, address)
    shares = []
    while draft(site).stage != "applied":
        found = re.search(r'value="(\d)" max="6"', desk.get(address).text)
        assert found
        shares.append(int(found[1]))
        desk.post(f"{address}/go-on")
    assert shares == sorted(set(shares))
    assert counts(site)[0] == 250


def test_two_at_work_on_one_file_apply_it_once(site: TestSite, desk: Visitor) -> None:
    address = upload(desk, csv_file(*people(2)))
    old = draft(site)
    apply(desk, address)
    assert counts(site)[0] == 2
    old.stage, old.position = "applying", 0

    with site.app.app_context():
        go_on(site_of_app(), old, 1.0, lambda *_: pytest.fail("applied twice"))
    assert len(audited(site, "import_applied")) == 1


def test_bad_rows_are_shown_in_place_and_come_as_a_harmless_file(
    site: TestSite, desk: Visitor
) -> None:
    bad = {**FAR, "phone": "555", "last_name": "=cmd|calc", "date_of_birth": "17.5.44"}
    address = upload(desk, csv_file(FAR, bad, {**FAR, "starts_at": "2026-03-08T02:30"}))
    page = desk.get(address).text
    marked = re.findall(r'<td class="bad-cell">\s*<strong>(.*?)</strong>', page)
    assert marked == ["17.5.44", "555", "2026-03-08T02:30"]
    assert "write the number like (515) 555-0142" in page
    answer = desk.get(f"{address}/bad-rows.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))
    assert [row["row"] for row in rows] == ["3", "4"]
    assert rows[0]["last_name"] == "'=cmd|calc"
    assert rows[0]["phone"] == "555"
    assert "date_of_birth is not written as YYYY-MM-DD" in rows[0]["what_is_wrong"]
    assert audited(site, "import_bad_rows_exported") == ['{"rows": 2}']


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04x", b"external_id\nA-1\n"])
def test_a_file_that_can_t_be_read_is_told(site: TestSite, desk: Visitor, content: bytes) -> None:
    page = desk.get(upload(desk, content)).text
    assert "There is nothing to apply" in page
    assert 'class="mistake"' in page
    assert counts(site) == (0, 0, 0)


def test_no_file_and_an_empty_one_are_told(desk: Visitor) -> None:
    answer = desk.post("/admin/imports")
    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)
    answer = desk.post("/admin/imports", {"file": (io.BytesIO(b""), "x.csv")})
    assert (answer.status_code, "It is empty." in answer.text) == (422, True)


def test_a_file_is_its_uploader_s_own_and_gone_after_a_day(site: TestSite, desk: Visitor) -> None:
    address = upload(desk, csv_file(FAR))

    manager = site.visitor(Role.MANAGER)
    assert manager.get(address).status_code == 404
    assert manager.post(f"{address}/apply", {"mark": "x"}).status_code == 404
    assert "day.csv" in desk.get("/admin/imports").text
    assert "day.csv" not in manager.get("/admin/imports").text
    site.clock.advance(hours=24)
    manager = site.visitor(Role.MANAGER)
    manager.get("/admin/imports")
    assert site.visitor().get(address).status_code == 404


def test_a_file_can_be_discarded(site: TestSite, desk: Visitor) -> None:
    address = upload(desk, csv_file(FAR))
    desk.post(f"{address}/discard")
    assert desk.get(address).status_code == 404
    assert counts(site) == (0, 0, 0)


def test_every_change_has_words() -> None:
    assert set(imports.CHANGE_WORDS) == set(Change)
    assert set(imports.STAGE_WORDS) == set(Stage)
