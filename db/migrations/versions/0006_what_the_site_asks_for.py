"""what the site asks for

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_LOST = sa.text("status IN ('failed','missed','in_doubt','skipped')")
_SHUT = sa.text("opted_out_at IS NOT NULL OR NOT reachable")


def upgrade() -> None:
    op.create_index(
        "ix_reminder_lost",
        "reminder",
        ["appointment_id", "version"],
        postgresql_where=_LOST,
        sqlite_where=_LOST,
    )
    op.create_index(
        "ix_contact_shut",
        "contact",
        ["clinic_id", "phone"],
        postgresql_where=_SHUT,
        sqlite_where=_SHUT,
    )


def downgrade() -> None:
    op.drop_index("ix_contact_shut", "contact")
    op.drop_index("ix_reminder_lost", "reminder")
