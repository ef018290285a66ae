"""the sending of reminders

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lateness",
        sa.Column("seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("seconds", name=op.f("pk_lateness")),
    )
    op.create_table(
        "sender_pace",
        sa.Column("sender", sa.String(length=60), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_sender_pace")),
    )
    op.create_table(
        "stopped_line",
        sa.Column("line", sa.String(length=60), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error_class", sa.String(length=20), nullable=False),
        sa.Column("by_report", sa.Boolean(), nullable=False),
        sa.Column("probe_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("line", name=op.f("pk_stopped_line")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("clinic_id", sa.String(length=63), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("unconfirmed", sa.Integer(), nullable=False),
        sa.Column("handed_over", sa.Integer(), nullable=False),
        sa.Column("unaccounted", sa.Integer(), nullable=False),
        sa.Column("mended", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_reconciliation_clinic_id_clinic")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "day", name=op.f("pk_reconciliation")),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.add_column(sa.Column("clinic_id", sa.String(length=63), nullable=True))
        batch_op.add_column(sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE reminder SET clinic_id ="
        " (SELECT clinic_id FROM appointment WHERE appointment.id = reminder.appointment_id)"
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.alter_column("clinic_id", existing_type=sa.String(length=63), nullable=False)
        batch_op.create_index(
            "ix_reminder_planned",
            ["clinic_id", "send_by", "id"],
            unique=False,
            postgresql_where=sa.text("status = 'planned'"),
            sqlite_where=sa.text("status = 'planned'"),
        )
        batch_op.create_index("ix_reminder_to_sent_at", ["to", "sent_at"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_reminder_clinic_id_clinic"), "clinic", ["clinic_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_reminder_clinic_id_clinic"), type_="foreignkey")
        batch_op.drop_index("ix_reminder_to_sent_at")
        batch_op.drop_index(
            "ix_reminder_planned",
            postgresql_where=sa.text("status = 'planned'"),
            sqlite_where=sa.text("status = 'planned'"),
        )
        batch_op.drop_column("started_at")
        batch_op.drop_column("clinic_id")

    op.drop_table("reconciliation")
    op.drop_table("stopped_line")
    op.drop_table("sender_pace")
    op.drop_table("lateness")
