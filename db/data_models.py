"""What is stored about the data at the desk: files being imported, findings that were seen."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base


class ImportDraft(Base):
    """A file of appointments on its way in, kept for a day.

    `rows` are its good rows, `bad` its bad ones with notes, `outcomes` what was or will be shown of
    the good ones; all three are JSON, compressed by zlib, and hold patients' data. `stage` says
    what is being done and `position` how many pieces of the file are done with it. `has_moved_on`
    says that what is shown is not what was shown before.
    """

    __tablename__ = "import_draft"
    __table_args__ = (
        CheckConstraint(
            "stage IN ('looking','shown','checking','applying','applied')", name="stage"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[bytes] = mapped_column(LargeBinary)
    bad: Mapped[bytes] = mapped_column(LargeBinary)
    outcomes: Mapped[bytes] = mapped_column(LargeBinary)
    stage: Mapped[str] = mapped_column(String(10))
    position: Mapped[int]
    has_moved_on: Mapped[bool]
    made_at: Mapped[dt.datetime] = mapped_column(index=True)
    applied_at: Mapped[dt.datetime | None]


class CheckedFinding(Base):
    """A finding about a patient's data that somebody looked at and found to be fine.

    `seen` is the data as it was then; once it is different, the finding counts again.
    """

    __tablename__ = "checked_finding"
    __table_args__ = (
        UniqueConstraint("patient_id", "finding"),
        Index(None, "clinic_id", "checked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    finding: Mapped[str] = mapped_column(String(24))
    seen: Mapped[str]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[dt.datetime]
