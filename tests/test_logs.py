"""Logs are for operators: one JSON object a line, and nothing in them about a patient."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from db.models import Clinic
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.data import booked, stored_clinic
from tests.support.processes import running
from tests.support.web import INBOUND, TOKEN, Served, environment, served, text_form

PERSONAL = (
    *("8285550173", "555-0173", "5550173"),
    *("Rosalind", "Quackenbush", "Zebediah", "/1944", "de mayo", "05/17"),
    *("appendix", "wheelchair", "legs", "caf\u00e9", "secretive"),
    *(TOKEN, "x" * 43),
)
"""What must not be found in any line, in any case."""

TEXTS = (
    "My name is Rosalind Quackenbush, born 05/17/1944, call 828-555-0173",
    "I can't feel my legs and I can't pee",
    "My appendix is out, is that a problem?",
    "Soy Rosalind, nac\u00ed el 17 de mayo de 1944",
    "STOP",
    "secretive words while opted out",
    "START",
    "wheelchair " * 150,
    "caf\u00e9 \U0001f44d",
)


def logged_by(code: str) -> list[str]:
    """What a process prints that sets up logging and then runs this."""
    start = "import logging, structlog, logs; logs.set_up_logging(); log = structlog.get_logger()"
    with running("python", "-c", f"{start}\n{code}") as process:
        assert process.wait() == 0
    return process.lines


class TestSetUp:
    def test_a_line_is_one_object_with_time_and_level(self) -> None:
        (line,) = logged_by("log.debug('no'); log.info('happened', reminder=7)")
        entry = json.loads(line)
        assert (entry["event"], entry["level"], entry["reminder"]) == ("happened", "info", 7)
        assert entry["timestamp"].endswith("Z")

    def test_personal_values_are_hidden(self) -> None:
        (line,) = logged_by("log.info('to +1 828 555 0173', phone='x', first_name='Rosalind')")
        entry = json.loads(line)
        assert (entry["phone"], entry["first_name"]) == ("[private]", "[private]")
        assert entry["event"] == "to [private]"

    def test_libraries_go_through_the_same_sieve(self) -> None:
        code = "logging.getLogger('lib.part').warning('GET %s', '/Messages?To=%2B18285550173')"
        (line,) = logged_by(f"logging.getLogger('lib').info('no'); {code}")
        entry = json.loads(line)
        assert (entry["logger"], entry["level"]) == ("lib.part", "warning")
        assert entry["event"] == "GET /Messages?To=[private]"

    @pytest.mark.parametrize(
        "call",
        [
            "log.exception('failed')",
            "log.error('failed', exc_info=error)",
            "logging.getLogger('lib').exception('failed')",
            "logging.getLogger('lib').error('failed', exc_info=error)",
        ],
    )
    def test_of_an_exception_its_kind_and_place_are_kept(self, call: str) -> None:
        words = "'Rosalind ' + 'Quackenbush'"
        code = f"try: raise KeyError({words})\nexcept KeyError as error:\n    {call}"
        (line,) = logged_by(code)
        told = json.loads(line)["exception"]
        assert told.startswith("Traceback")
        assert told.endswith("KeyError")
        assert "Rosalind Quackenbush" not in told

    def test_no_exception_at_all(self) -> None:
        (line,) = logged_by("log.error('failed', exc_info=None)")
        assert json.loads(line)["event"] == "failed"


CALL = {"CallSid": "CA" + "1" * 32, "From": "+18285550173", "To": "+18285550110"}
RECORDING = {"RecordingUrl": "https://x.example/8285550173", "RecordingDuration": "4"}
CALLS: list[tuple[str, dict[str, str]]] = [
    ("/voice/inbound", {"CallerName": "Rosalind"}),
    ("/voice/turn?n=2", {"SpeechResult": "secretive words", "Confidence": "0.9"}),
    ("/voice/turn?n=3", {"Digits": "0"}),
    ("/voice/turn?n=4", {"DialCallStatus": "busy"}),
    ("/voice/turn?n=5", {"Digits": "1"}),
    ("/voice/recording", {"RecordingSid": "RE1", **RECORDING}),
    ("/voice/status", {"CallStatus": "completed"}),
    ("/voice/recording", {"CallSid": "CA2", "RecordingSid": "RE2", **RECORDING}),
]


def test_a_whole_scenario_leaves_nothing_personal(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    profile = stored_clinic(database)
    booked(database, profile, NOW)
    with served(sqlite_url) as web:
        for body in TEXTS:
            assert web.send(body, FromCity="Zebediah", ProfileName="Rosalind").status == 200
        for target, form in CALLS:
            assert web.post(target, CALL | form).status in (200, 204)
        go_wrong(web, database)
        web.process.stop()
    database.close()
    entries = [json.loads(line) for line in web.process.lines if line.startswith("{")]
    events = {entry["event"] for entry in entries}
    assert events == {
        *("signature_refused", "report_on_unknown_message", "unexpected_error"),
        "recording_of_unknown_call",
    }
    others = [line for line in web.process.lines if not line.startswith("{")]
    assert all("[INFO]" in line for line in others)
    log = "\n".join(web.process.lines).lower()
    assert [word for word in PERSONAL if word.lower() in log] == []


def go_wrong(web: Served, database: Database) -> None:
    """Requests that fail in every way that is logged."""
    form = text_form("secretive words")
    for target in (INBOUND, "/sms/+18285550173", "/sms/(828)%20555-0173?name=Rosalind"):
        assert web.post(target, form, **{"X-Twilio-Signature": "x"}).status == 403
    assert web.send("secretive words", MessageSid="Rosalind 1944").status == 400
    assert web.post("/voice/8285550173", form).status == 404
    report = {"MessageSid": "SM1", "MessageStatus": "sent", "To": "+18285550173"}
    assert web.post("/sms/status?r=77", report).status == 204
    with database.transaction() as session:
        session.execute(update(Clinic).values(profile='{"id": ["Rosalind 1944"]}'))
        session.execute(update(Clinic).values(fingerprint="damaged"))
    assert web.send("secretive words").status == 500
    assert web.post("/voice/turn?n=2", CALL | {"SpeechResult": "secretive words"}).status == 200


class TestASettingIsMissing:
    @pytest.mark.parametrize(
        ("name", "value"),
        [("PUBLIC_BASE_URL", ""), ("TWILIO_AUTH_TOKEN", ","), ("SECRET_KEY", "")],
    )
    def test_gunicorn_ends_with_one_clear_message(
        self, tmp_path: Path, name: str, value: str
    ) -> None:
        env = environment(f"sqlite:///{tmp_path}/x.db") | {name: value}
        with running("gunicorn", "app:create_app()", env=env) as process:
            assert process.wait() == 1
        assert len(process.lines) == 2
        assert process.lines[0].startswith("Prepline can't start: one setting is wrong")
        assert name in process.lines[1]
