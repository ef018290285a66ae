"""Files on their way in, one row each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, load_only

from db.data_models import ImportDraft

KEPT: Final = dt.timedelta(days=1)
"""How long a file is kept, applied or not: it holds patients' data."""


def draft_of(
    session: Session, draft_id: int, staff_id: int, *, lock: bool = False
) -> ImportDraft | None:
    """A person's own draft; `None` for anybody else's and for one that is gone."""
    query = select(ImportDraft).where(ImportDraft.id == draft_id, ImportDraft.staff_id == staff_id)
    return session.scalar(query.with_for_update() if lock else query)


def take_place(session: Session, draft_id: int, stage: str, position: int) -> bool:
    """Lock a draft and tell whether it still stands where the caller believes it to stand."""
    query = select(ImportDraft.stage, ImportDraft.position).where(ImportDraft.id == draft_id)
    found = session.execute(query.with_for_update()).one_or_none()
    return found is not None and (found.stage, found.position) == (stage, position)


def advance(session: Session, draft_id: int, **values: object) -> None:
    """Change columns of a draft."""
    session.execute(
        update(ImportDraft)
        .where(ImportDraft.id == draft_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def drafts_of(session: Session, staff_id: int, now: dt.datetime) -> Sequence[ImportDraft]:
    """A person's drafts of the last day, the newest first, without what their files hold."""
    columns = (
        *(ImportDraft.id, ImportDraft.name, ImportDraft.stage),
        *(ImportDraft.made_at, ImportDraft.applied_at),
    )
    return session.scalars(
        select(ImportDraft)
        .where(ImportDraft.staff_id == staff_id, ImportDraft.made_at > now - KEPT)
        .order_by(ImportDraft.id.desc())
        .options(load_only(*columns, raiseload=True))
    ).all()


def delete_old(session: Session, now: dt.datetime) -> None:
    """Delete what is older than a day."""
    session.execute(delete(ImportDraft).where(ImportDraft.made_at <= now - KEPT))


def delete_draft(session: Session, draft_id: int) -> None:
    """Delete one draft."""
    session.execute(delete(ImportDraft).where(ImportDraft.id == draft_id))
