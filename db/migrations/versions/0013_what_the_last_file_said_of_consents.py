"""what the last file said of a patient's consents

Revision 0013, after 0012. As far as the history tells, it is taken over: a file's words that
changed nothing were not kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_CHANNELS = ("sms", "voice")


def upgrade() -> None:
    for channel in _CHANNELS:
        op.add_column("patient", sa.Column(_said(channel), sa.Boolean(), nullable=True))
    patient = sa.table("patient", *map(sa.column, ("id", *map(_said, _CHANNELS))))
    change = sa.table(
        "consent_change", *map(sa.column, ("id", "patient_id", "channel", "source", "granted"))
    )
    for channel in _CHANNELS:
        last = (
            sa.select(change.c.granted)
            .where(
                change.c.patient_id == patient.c.id,
                change.c.channel == channel,
                change.c.source == "import",
            )
            .order_by(change.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        op.execute(sa.update(patient).values({_said(channel): last}))


def downgrade() -> None:
    for channel in _CHANNELS:
        op.drop_column("patient", _said(channel))


def _said(channel: str) -> str:
    return f"file_{channel}_consent"
