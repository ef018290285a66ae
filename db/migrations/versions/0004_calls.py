"""calls

Revision 0004, after 0003.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("clinic_id", sa.String(length=63), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("reminder_id", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("answered_by", sa.String(length=24), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_call_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_call_contact_id_contact")
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name=op.f("fk_call_reminder_id_reminder")
        ),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_contact_id_started_at"), "call", ["contact_id", "started_at"])
    op.create_index(op.f("ix_call_reminder_id"), "call", ["reminder_id"])
    op.create_table(
        "call_turn",
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_sid"], ["call.sid"], name=op.f("fk_call_turn_call_sid_call")
        ),
        sa.PrimaryKeyConstraint("call_sid", "number", name=op.f("pk_call_turn")),
    )
    op.create_table(
        "recording",
        sa.Column("sid", sa.String(length=64), nullable=False),
        sa.Column("call_sid", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_sid"], ["call.sid"], name=op.f("fk_recording_call_sid_call")
        ),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_recording")),
    )
    op.create_index(op.f("ix_recording_call_sid"), "recording", ["call_sid"])
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("call_sid", sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_task_call_sid"), ["call_sid"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_task_call_sid_call"), "call", ["call_sid"], ["sid"]
        )


def downgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_task_call_sid_call"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_task_call_sid"))
        batch_op.drop_column("call_sid")
    op.drop_table("recording")
    op.drop_table("call_turn")
    op.drop_table("call")
