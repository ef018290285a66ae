"""lists and sums from indexes alone

Revision 0010, after 0008. The wider indexes hold what the site's lists and sums ask for, so that
PostgreSQL need not fetch the rows; SQLite knows no such columns and has the same indexes as before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None

_NOTED = sa.text("opted_out_at IS NOT NULL OR NOT reachable OR NOT textable")
_WIDER = (
    ("appointment", ("clinic_id", "starts_at"), ("patient_id", "status", "answer")),
    ("patient", ("clinic_id", "phone"), ("id",)),
    ("reminder", ("clinic_id", "due_at"), ("channel", "status", "sent_at", "segments")),
    ("inbound_text", ("at",), ("contact_id", "kind", "labels", "segments")),
)


def upgrade() -> None:
    _remake(wider=True)
    op.create_index(
        "ix_contact_noted",
        "contact",
        ["clinic_id", "phone"],
        postgresql_where=_NOTED,
        sqlite_where=_NOTED,
        postgresql_include=["textable", "reachable", "opted_out_at"],
    )


def downgrade() -> None:
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
