"""The test databases are what their fixtures promise, and no server outlives its test run."""

import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from db.migrate import newest_revision
from tests.support import postgres
from tests.support.processes import is_running, running
from tests.support.waiting import wait_until

START_AND_WAIT = """
import time
from tests.support.postgres import private_server
with private_server() as server:
    print(server.admin.query["host"], flush=True)
    time.sleep(60)
"""


def table_count(url: str) -> int:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    return len(sqlalchemy.inspect(engine).get_table_names())


def test_databases_are_migrated(database_url: str) -> None:
    engine = sqlalchemy.create_engine(database_url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        revision = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version"))
        assert revision.scalar_one() == newest_revision()


def test_a_sqlite_database_is_a_copy(sqlite_url: str, sqlite_template: Path) -> None:
    with sqlite3.connect(make_url(sqlite_url).database or "") as connection:
        connection.execute("CREATE TABLE mark (id INTEGER)")
    connection.close()
    assert table_count(sqlite_url) == table_count(f"sqlite:///{sqlite_template}") + 1


def test_emptying_removes_rows_restarts_sequences_and_ends_sessions(
    postgres_server: postgres.Server,
) -> None:
    with postgres_server.database() as url:
        engine = sqlalchemy.create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TABLE alembic_version (v text); INSERT INTO alembic_version VALUES ('1');"
                "CREATE TABLE one (id serial PRIMARY KEY);"
                "CREATE TABLE two (id serial, one int REFERENCES one ON DELETE RESTRICT);"
            )
        holder = engine.connect()
        holder.exec_driver_sql("INSERT INTO one DEFAULT VALUES")
        holder.exec_driver_sql("INSERT INTO two (one) VALUES (1)")
        holder.commit()
        holder.exec_driver_sql("LOCK TABLE one")

        with postgres.emptier(url) as empty:
            empty()

        with pytest.raises(sqlalchemy.exc.OperationalError):
            holder.exec_driver_sql("SELECT 1")
        holder.close()
        engine.dispose()
        with engine.begin() as connection:
            rows = "SELECT (SELECT count(*) FROM one) + (SELECT count(*) FROM two)"
            assert connection.exec_driver_sql(rows).scalar_one() == 0
            versions = connection.exec_driver_sql("SELECT v FROM alembic_version")
            assert versions.scalars().all() == ["1"]
            first = connection.exec_driver_sql("INSERT INTO one DEFAULT VALUES RETURNING id")
            assert first.scalar_one() == 1
        engine.dispose()


def test_emptying_goes_on_after_its_own_session_was_ended(
    postgres_server: postgres.Server,
) -> None:
    with postgres_server.database() as url, postgres.emptier(url) as empty:
        postgres.run_alone(make_url(url), "CREATE TABLE one (id serial PRIMARY KEY)")
        empty()
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
        postgres.run_alone(
            make_url(url), f"{ended} pg_backend_pid() AND datname = current_database()"
        )
        postgres.run_alone(make_url(url), "INSERT INTO one DEFAULT VALUES")
        empty()
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 0


def test_the_server_ends_with_a_killed_test_run() -> None:
    with running("python", "-c", START_AND_WAIT) as run:
        directory = Path(run.wait_for_line("^/.*").group())
        server = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(server, 0)
        run.stop(signal.SIGKILL)
    wait_until("the server to end", lambda: not is_running(server))
    shutil.rmtree(directory)


def test_absence_is_an_error_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.machine.find_postgresql", lambda: None)
    with (
        pytest.raises(RuntimeError, match="apt-get install postgresql"),
        postgres.private_server(),
    ):
        pass


def test_a_given_server_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://someone:secret@db.example.org/x")
    with postgres.running_server() as server:
        assert server.admin.drivername == "postgresql+psycopg"
        assert server.admin.host == "db.example.org"
