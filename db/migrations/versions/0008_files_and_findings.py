"""the desk: imports, findings, what texts cost

Revision 0008, after 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("bad", sa.LargeBinary(), nullable=False),
        sa.Column("outcomes", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("has_moved_on", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "stage IN ('looking','shown','checking','applying','applied')",
            name=op.f("ck_import_draft_stage"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_import_draft_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_draft")),
    )
    op.create_index(op.f("ix_import_draft_staff_id"), "import_draft", ["staff_id"])
    op.create_index(op.f("ix_import_draft_made_at"), "import_draft", ["made_at"])
    op.create_table(
        "checked_finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.String(length=63), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("finding", sa.String(length=24), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_checked_finding_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_checked_finding_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_checked_finding_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checked_finding")),
        sa.UniqueConstraint(
            "patient_id", "finding", name=op.f("uq_checked_finding_patient_id_finding")
        ),
    )
    op.create_index(
        op.f("ix_checked_finding_clinic_id_checked_at"),
        "checked_finding",
        ["clinic_id", "checked_at"],
    )
    op.create_index(op.f("ix_reminder_clinic_id_due_at"), "reminder", ["clinic_id", "due_at"])
    went_out = sa.text("status IN ('sent','delivered')")
    op.create_index(
        "ix_reminder_went_out",
        "reminder",
        ["appointment_id", "status"],
        postgresql_where=went_out,
        sqlite_where=went_out,
    )
    op.create_index(op.f("ix_inbound_text_at"), "inbound_text", ["at"])
    op.create_index(op.f("ix_task_clinic_id_created_at"), "task", ["clinic_id", "created_at"])
    op.add_column("reminder", sa.Column("segments", sa.Integer(), nullable=True))
    op.add_column("inbound_text", sa.Column("segments", sa.Integer(), nullable=True))
    # What went out before is counted as plain characters; from now on the exact number is kept.
    op.execute(
        "UPDATE reminder SET segments = CASE WHEN length(body) <= 160 THEN 1"
        " ELSE (length(body) + 152) / 153 END WHERE body <> ''"
    )
    op.execute(
        "UPDATE inbound_text SET segments = CASE WHEN length(reply) <= 160 THEN 1"
        " ELSE (length(reply) + 152) / 153 END WHERE reply <> ''"
    )


def downgrade() -> None:
    op.drop_column("inbound_text", "segments")
    op.drop_column("reminder", "segments")
    op.drop_index(op.f("ix_task_clinic_id_created_at"), "task")
    op.drop_index(op.f("ix_inbound_text_at"), "inbound_text")
    op.drop_index("ix_reminder_went_out", "reminder")
    op.drop_index(op.f("ix_reminder_clinic_id_due_at"), "reminder")
    op.drop_table("checked_finding")
    op.drop_table("import_draft")
