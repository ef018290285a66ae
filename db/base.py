"""The base of all tables: how columns and constraints are named and typed."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import MetaData, Text
from sqlalchemy.orm import DeclarativeBase

from db.types import UtcDateTime

_CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of all tables."""

    metadata = MetaData(naming_convention=_CONVENTION)
    type_annotation_map = {dt.datetime: UtcDateTime, str: Text}  # noqa: RUF012 - SQLAlchemy's name
