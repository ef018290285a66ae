"""what is due is found by an index alone

Revision 0012, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0008"
branch_labels = None
depends_on = None

_BEFORE = ["clinic_id", "send_by", "id"]


def upgrade() -> None:
    _replace([*_BEFORE, "next_at"])


def downgrade() -> None:
    _replace(_BEFORE)


def _replace(columns: list[str]) -> None:
    planned = sa.text("status = 'planned'")
    op.drop_index("ix_reminder_planned", "reminder")
    op.create_index(
        "ix_reminder_planned",
        "reminder",
        columns,
        postgresql_where=planned,
        sqlite_where=planned,
    )
