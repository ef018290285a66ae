"""What another host says while Prepline does not answer, as the command prints it."""

from __future__ import annotations

from carrier.segments import count as segments
from db.session import Database
from emulator.twiml import read
from emulator.voice_twiml import ends_by_falling_through, parse
from flows.lint_texts import MOST_SEGMENTS
from tests.support.commands import invoke
from tests.support.data import stored_clinic


def printed(database: Database, *options: str) -> str:
    result = invoke("clinics", "fallback", "ara-health", *options, database_url=database.url)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_a_document_that_says_who_and_where_to_call(database: Database) -> None:
    stored_clinic(database)
    document = printed(database)
    assert not ends_by_falling_through(parse(document))
    assert document.count("ARA Health") == 2
    assert document.count("(828) 436-5500") == 4
    assert document.count("9 1 1") == 2


def test_a_document_that_answers_a_text(database: Database) -> None:
    stored_clinic(database)
    (reply,) = read(printed(database, "--text").encode())
    for words in ("This is ARA Health.", "Le escribe ARA Health.", "911", "(828) 436-5500"):
        assert words in reply.body
    assert segments(reply.body).count <= MOST_SEGMENTS


def test_a_clinic_that_is_not_there(database: Database) -> None:
    result = invoke("clinics", "fallback", "ara-health", database_url=database.url)
    assert result.exit_code == 1
    assert "There is no clinic ara-health." in result.stderr
