"""What is stored about the clinic's own people: accounts, one-time links, what they did."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class Staff(Base):
    """A person who may sign in. `email` is lower-case; `role` is coordinator or manager.

    `password_hash` is null until a one-time link was used; `totp_secret` (base 32) is null unless
    a second step is asked for, and `totp_step` the last time step whose code was taken, so that no
    code counts twice. `failed_attempts` counts wrong tries in a row; until `locked_until` nothing
    is taken. A session is good as long as it holds the account's `session_epoch`.
    """

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('coordinator','manager')", name="role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(12))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    password_set_at: Mapped[dt.datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_step: Mapped[int | None]
    active: Mapped[bool]
    failed_attempts: Mapped[int]
    locked_until: Mapped[dt.datetime | None]
    session_epoch: Mapped[int]
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime | None]


class StaffLink(Base):
    """A link that works once, until `expires_at`. Only the SHA-256 of its secret is kept."""

    __tablename__ = "staff_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]


class Audit(Base):
    """One thing that a member of staff did or looked at. Rows are only ever added: the database
    itself refuses to change or delete one.

    `staff_email` is the address at that moment; `staff_id` is null for what was typed on the
    server. `detail` is a JSON object without personal data of patients.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "entity_kind", "entity_id", "id"),
        Index(None, "staff_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    staff_email: Mapped[str] = mapped_column(String(254))
    action: Mapped[str] = mapped_column(String(40))
    entity_kind: Mapped[str | None] = mapped_column(String(20))
    entity_id: Mapped[str | None] = mapped_column(String(64))
    clinic_id: Mapped[str | None] = mapped_column(ForeignKey("clinic.id"))
    detail: Mapped[str]
