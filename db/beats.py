"""Signs of life of the workers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.models import WorkerBeat

_FORGOTTEN = dt.timedelta(days=1)


def beat(session: Session, worker: str, started_at: dt.datetime, now: dt.datetime) -> None:
    """Write down that a worker is alive; those not heard of for a day are forgotten."""
    session.execute(delete(WorkerBeat).where(WorkerBeat.beat_at < now - _FORGOTTEN))
    row = session.get(WorkerBeat, worker)
    if row is None:
        session.add(WorkerBeat(worker=worker, started_at=started_at, beat_at=now))
    else:
        row.beat_at = now


def beats(session: Session) -> dict[str, dt.datetime]:
    """When each worker of the last day was last heard of."""
    return {row.worker: row.beat_at for row in session.scalars(select(WorkerBeat))}


def newest_beat(session: Session) -> dt.datetime | None:
    """When any worker was last heard of; `None` if none ever was."""
    return session.scalar(select(func.max(WorkerBeat.beat_at)))
