"""What is stored about a clinic's own content: every version of its profile."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class ProfileVersion(Base):
    """A clinic's whole profile as it was from `at` on, until its next version.

    `number` counts a clinic's versions from 1. `who` is the address at that moment; `staff_id` is
    null for what was loaded on the server. `source` is file, site or restored; a restored one
    brought the parts that staff edit back from the version `restored_from`. `parts` is a JSON list
    of the parts that are not as they were in the version before.
    """

    __tablename__ = "profile_version"
    __table_args__ = (
        UniqueConstraint("clinic_id", "number"),
        CheckConstraint("source IN ('file','site','restored')", name="source"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    number: Mapped[int]
    at: Mapped[dt.datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    who: Mapped[str] = mapped_column(String(254))
    source: Mapped[str] = mapped_column(String(8))
    restored_from: Mapped[int | None]
    parts: Mapped[str]
    profile: Mapped[str]
