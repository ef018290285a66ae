"""Two people at one appointment or one patient: nobody's work is overwritten; on both databases."""

from __future__ import annotations

import threading

from db.staff import Role
from tests.admin.test_appointment import SHOWN, TYPED, add, book, fields, one, reminders, said
from tests.admin.test_today import text_of
from tests.support.csv_files import NOW
from tests.support.data import booked
from tests.support.site import TestSite


def test_the_second_is_shown_what_the_first_changed(site: TestSite) -> None:
    book(site)
    first, second = site.visitor(), site.visitor(Role.MANAGER)
    theirs = fields(second.get(SHOWN).text)
    mine = fields(first.get(SHOWN).text)
    moved = {**mine, "day": "2026-12-08", "phone": "8285550199", "sms_consent": ""}
    first.post(SHOWN, moved)
    answer = second.post(SHOWN, {**theirs, "day": "2026-12-09", "last_name": "Luna"})
    assert answer.status_code == 409
    page = text_of(answer.text)
    assert "Somebody else changed this while you were typing" in page
    assert "coordinator@example.org was faster." in page
    assert "Phone : was (828) 555-0173, is now (828) 555-0199." in page
    assert (
        "Day : was Tue, Dec 1, 2026, is now Tue, Dec 8, 2026. "
        "You typed Wed, Dec 9, 2026; that is kept in the form."
    ) in page
    assert "Agreed to texts : was Yes, is now No." in page
    assert one(site).patient.last_name == "Quackenbush"
    merged = fields(answer.text)
    assert (merged["day"], merged["last_name"]) == ("2026-12-09", "Luna")
    assert merged["phone"] == "(828) 555-0199"
    assert "sms_consent" not in merged
    assert "The appointment has its new time." in said(second, second.post(SHOWN, merged))
    assert (one(site).version, one(site).patient.last_name) == (3, "Luna")
    assert one(site).patient.phone == "+18285550199"


def test_a_cancellation_meanwhile_is_not_undone(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    site.visitor(Role.MANAGER).post(f"{SHOWN}/cancel", {"seen": "1 scheduled"})
    answer = visitor.post(SHOWN, {**form, "first_name": "Rosa"})
    assert answer.status_code == 409
    assert "State : was Scheduled, is now Cancelled." in text_of(answer.text)
    assert one(site).status == "cancelled"


def test_a_patient_corrected_at_another_appointment_is_seen(site: TestSite) -> None:
    book(site)
    book(site, external_id="A-1002")
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    other = fields(visitor.get("/admin/appointments/2").text)
    visitor.post("/admin/appointments/2", {**other, "language": "es"})
    answer = visitor.post(SHOWN, {**form, "phone": "8285550199"})
    assert answer.status_code == 409
    assert "Language : was English, is now Spanish." in text_of(answer.text)


def test_an_answer_meanwhile_is_no_conflict(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    with site.database.transaction() as session:
        visit = session.merge(one(site))
        visit.answer, visit.updated_at = "confirmed", NOW
    assert visitor.post(SHOWN, {**form, "first_name": "Rosa"}).status_code == 303
    assert one(site).answer == "confirmed"


def test_a_form_without_what_it_was_opened_with_overwrites_nothing(site: TestSite) -> None:
    book(site)
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    for base in ("", "[]", "{}", '{"day": 1}', "null"):
        answer = visitor.post(SHOWN, {**form, "base": base, "first_name": "Rosa"})
        assert answer.status_code == 409
    assert one(site).patient.first_name == "Rosalind"


def test_a_known_patient_keeps_what_is_stored(site: TestSite) -> None:
    profile = site.profiles["ara-health"]
    who = {"first_name": "Rosa", "last_name": "Luna", "phone": "+18285550188"}
    person = {**who, "language": "es", "voice_consent": True}
    booked(site.database, profile, NOW, external_id="A-1", **person)
    visitor = site.visitor()
    typed = {"first_name": "ROSA", "date_of_birth": "1944-05-17", "language": "en"}
    answer = add(visitor, **typed, sms_consent="")
    assert answer.status_code == 409
    assert "This patient is known already" in answer.text
    form = fields(answer.text)
    assert (form["language"], form["sms_consent"], form["voice_consent"]) == ("es", "y", "y")
    assert (form["patient"], form["day"]) == ("1", TYPED["day"])
    done = visitor.post("/admin/appointments/new", form)
    assert "The appointment is booked." in said(visitor, done)
    other = fields(visitor.get("/admin/appointments/new?patient=1").text)
    assert (other["last_name"], other["day"]) == ("Luna", "")
    again = {**other, "day": "2026-12-20", "clock": "09:00"}
    first = fields(visitor.get(SHOWN).text)
    visitor.post(SHOWN, {**first, "language": "en"})
    answer = visitor.post("/admin/appointments/new", again)
    assert answer.status_code == 409
    assert "Language : was Spanish, is now English." in text_of(answer.text)
    merged = fields(answer.text)
    assert (merged["day"], merged["language"]) == ("2026-12-20", "en")
    assert visitor.post("/admin/appointments/new", merged).status_code == 303


def test_two_at_the_same_moment(site: TestSite) -> None:
    book(site)
    visitors = [site.visitor() for _ in range(6)]
    forms = [fields(visitor.get(SHOWN).text) for visitor in visitors]
    tokens = [visitor.token() for visitor in visitors]
    statuses: list[int] = []

    def send(number: int) -> None:
        form = {**forms[number], "day": f"2026-12-1{number}", "csrf_token": tokens[number]}
        statuses.append(visitors[number].client.post(SHOWN, data=form).status_code)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303] + [409] * 5
    assert one(site).version == 2
    assert [kind for version, kind, _ in reminders(site) if version == 2].count("moved") == 1


def test_a_correction_that_makes_it_another_known_patient_is_asked(site: TestSite) -> None:
    book(site)
    book(site, external_id="A-2", last_name="Luna", language="es", phone="+18285550199")
    visitor = site.visitor()
    form = fields(visitor.get(SHOWN).text)
    answer = visitor.post(SHOWN, {**form, "last_name": "Luna"})
    assert answer.status_code == 409
    assert "This patient is known already" in answer.text
    again = fields(answer.text)
    assert (again["language"], again["patient"]) == ("es", "2")
    assert visitor.post(SHOWN, again).status_code == 303
    page = visitor.get("/admin/appointments/2").text
    assert fields(page)["language"] == "es"
