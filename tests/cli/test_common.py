"""What every command does with trouble that none of them expects."""

from __future__ import annotations

import click
import pytest
from sqlalchemy import insert

from cli.common import plain_errors
from db.models import Clinic
from db.session import Database
from tests.support.csv_files import NOW
from tests.support.data import CLINIC, stored_clinic


def test_a_change_that_the_database_refuses_shows_nothing_of_the_row(database: Database) -> None:
    stored_clinic(database)

    @plain_errors
    def twice() -> None:
        with database.transaction() as session:
            row = {"id": CLINIC, "profile": "Rosalind", "fingerprint": "x", "loaded_at": NOW}
            session.execute(insert(Clinic).values(**row))

    with pytest.raises(click.ClickException, match="Run the command again") as refused:
        twice()
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
