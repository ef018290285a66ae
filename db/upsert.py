"""`INSERT … ON CONFLICT`, which both databases have and SQLAlchemy spells differently for each."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from db.models import Base

Insert = postgresql.Insert | sqlite.Insert


def insert_for(connection: Connection, model: type[Base]) -> Insert:
    """An insert into a model's table that knows `on_conflict_do_…` of the connection's database."""
    is_sqlite = connection.dialect.name == "sqlite"
    return sqlite.insert(model) if is_sqlite else postgresql.insert(model)
