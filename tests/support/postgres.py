"""A PostgreSQL server of the tests' own, or the one that TEST_DATABASE_URL names.

The private server listens on a Unix socket in its own temporary directory, trades durability for
speed and ends with the test run, also when that is killed.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import URL, make_url

from tests.support.waiting import wait_until
from tools import machine
from tools.children import before_exec

# A Unix socket's whole path has to be shorter than this many bytes.
LONGEST_SOCKET_PATH = 107

FAST_AND_ALONE = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `admin` is the URL of a database from which to make others."""

    admin: URL
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database without tables; its URL, in the form of the app's own settings."""
        name = f"prepline_test_{os.getpid()}_{next(self._numbers)}"
        run_alone(self.admin, f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield self.admin.set(database=name).render_as_string(hide_password=False)
        finally:
            run_alone(self.admin, f'DROP DATABASE "{name}" WITH (FORCE)')


# A fast way to a database as good as new: TRUNCATE and CREATE DATABASE .. TEMPLATE cost ten times
# as much. The replica role passes over foreign keys and triggers (and needs a superuser).
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid();

SELECT setval(quote_ident(sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;

SET session_replication_role = replica;

DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'DELETE FROM ' || quote_ident(name);
    END LOOP;
END $$;
"""


@contextmanager
def emptier(url: str) -> Iterator[Callable[[], None]]:
    """A function that makes a database as good as new, as often as one likes within the block.

    It deletes every row but the schema's version, restarts every sequence and ends other sessions.
    Its connection is kept: a new one has to learn of every table first, which takes five times as
    long.
    """
    engine = sqlalchemy.create_engine(
        url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True
    )

    def empty() -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(EMPTY)

    try:
        yield empty
    finally:
        engine.dispose()


def run_alone(url: URL, statements: str) -> None:
    """Run outside a transaction, on a connection that is closed afterwards."""
    engine = sqlalchemy.create_engine(
        url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(statements)


@contextmanager
def running_server() -> Iterator[Server]:
    """The server that TEST_DATABASE_URL names, else a private one for as long as the block."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(make_url(given).set(drivername="postgresql+psycopg"))
    else:
        with private_server() as server:
            yield server


@contextmanager
def private_server() -> Iterator[Server]:
    """Start a server on a Unix socket in a new temporary directory; at the end remove both."""
    binaries = machine.find_postgresql()
    if binaries is None:
        packages = " ".join(machine.POSTGRESQL.packages)
        raise RuntimeError(
            "PostgreSQL not found, and these tests need one: set TEST_DATABASE_URL to a server "
            f"where they may create databases, or on Debian: apt-get install {packages}"
        )
    directory = Path(tempfile.mkdtemp(prefix="prepline-pg-"))
    if len(os.fsencode(directory / ".s.PGSQL.5432")) >= LONGEST_SOCKET_PATH:
        raise RuntimeError(
            f"{directory} is too long for a Unix socket; set TMPDIR to a shorter one"
        )
    try:
        user = _server_user(directory)
        _make_cluster(binaries, directory, user)
        with _running(binaries, directory, user) as server:
            yield server
    finally:
        shutil.rmtree(directory)


def _server_user(directory: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: as root, subprocess arguments that make it `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _make_cluster(binaries: Path, directory: Path, user: dict[str, Any]) -> None:
    options = ["--auth=trust", "--username=postgres", "--no-sync", "--locale=C.UTF-8"]
    done = subprocess.run(
        [binaries / "initdb", "-D", directory / "data", *options, "--encoding=UTF8"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        **user,
    )
    if done.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _running(binaries: Path, directory: Path, user: dict[str, Any]) -> Iterator[Server]:
    settings = [f"--{name}={value}" for name, value in FAST_AND_ALONE.items()]
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", directory / "data", "-k", directory, *settings],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=before_exec(signal.SIGINT),  # noqa: PLW1509 - no other way to watch a parent
            **user,
        )
    server = Server(
        URL.create(
            "postgresql+psycopg", "postgres", database="postgres", query={"host": str(directory)}
        )
    )
    try:
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: it ends all sessions
        process.wait(timeout=60)


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    engine = sqlalchemy.create_engine(server.admin, poolclass=sqlalchemy.NullPool)

    def answers() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at its start:\n{log.read_text()}")
        try:
            engine.connect().close()
        except sqlalchemy.exc.OperationalError:
            return False
        return True

    wait_until("PostgreSQL to take connections", answers)
