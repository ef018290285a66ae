"""The sums behind the histogram of lateness."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.engine import Connection

from db.models import Lateness
from db.upsert import insert_for


def add_lateness(connection: Connection, counts: Mapping[int, tuple[int, float]]) -> None:
    """Add counts and seconds to buckets, which are named by their upper bound in seconds."""
    for bucket, (count, total) in sorted(counts.items()):
        row = insert_for(connection, Lateness).values(
            seconds=bucket, count=count, total_seconds=total
        )
        connection.execute(
            row.on_conflict_do_update(
                index_elements=["seconds"],
                set_={
                    "count": Lateness.count + count,
                    "total_seconds": Lateness.total_seconds + total,
                },
            )
        )


def latenesses(connection: Connection) -> dict[int, tuple[int, float]]:
    """Count and sum of seconds for each bucket that has any."""
    rows = connection.execute(select(Lateness.seconds, Lateness.count, Lateness.total_seconds))
    return {seconds: (count, total) for seconds, count, total in rows}
