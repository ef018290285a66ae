"""lists and sums from indexes alone

Revision 0010, after 0009. The wider indexes hold what the site's lists and sums ask for, so that
PostgreSQL need not fetch the rows; SQLite knows no such columns and has the same indexes as before.
Files on their way in are compressed, since each look at one reads all of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NOTED = sa.text("opted_out_at IS NOT NULL OR NOT reachable OR NOT textable")
_WIDER = (
    ("appointment", ("clinic_id", "starts_at"), ("patient_id", "status", "answer")),
    ("patient", ("clinic_id", "phone"), ("id",)),
    ("reminder", ("clinic_id", "due_at"), ("channel", "status", "sent_at", "segments")),
    ("inbound_text", ("at",), ("contact_id", "kind", "labels", "segments")),
)
_DRAFT = sa.table(
    "import_draft",
    sa.column("id", sa.Integer),
    *(sa.column(name, sa.LargeBinary) for name in ("rows", "bad", "outcomes")),
)


def upgrade() -> None:
    _remake(wider=True)
    _rewrite_drafts(zlib.compress)
    op.create_index(
        "ix_contact_noted",
        "contact",
        ["clinic_id", "phone"],
        postgresql_where=_NOTED,
        sqlite_where=_NOTED,
        postgresql_include=["textable", "reachable", "opted_out_at"],
    )


def downgrade() -> None:
    _rewrite_drafts(zlib.decompress)
    op.drop_index("ix_contact_noted", "contact")
    _remake(wider=False)


def _remake(*, wider: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table, columns, more in _WIDER:
        name = op.f(f"ix_{table}_{'_'.join(columns)}")
        op.drop_index(name, table)
        op.create_index(
            name, table, list(columns), postgresql_include=list(more) if wider else None
        )


def _rewrite_drafts(by: Callable[[bytes], bytes]) -> None:
    connection = op.get_bind()
    for key in connection.scalars(sa.select(_DRAFT.c.id)).all():
        found = connection.execute(sa.select(_DRAFT).where(_DRAFT.c.id == key)).one()
        values = {"rows": by(found.rows), "bad": by(found.bad), "outcomes": by(found.outcomes)}
        connection.execute(sa.update(_DRAFT).where(_DRAFT.c.id == key).values(values))
