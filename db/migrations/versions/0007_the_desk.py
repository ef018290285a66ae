"""the desk: tasks worked on, replies by staff, consent by whom

Revision 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_REFUSAL = "notes of a task are never changed or deleted"
_BY_STAFF = (
    ("task", "assignee_id"),
    ("task", "acknowledged_by"),
    ("task", "done_by"),
    ("contact", "paused_by"),
    ("consent_change", "staff_id"),
)
_MOMENTS = (("task", "acknowledged_at"), ("contact", "paused_until"))


def upgrade() -> None:
    for table, column in _MOMENTS:
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    for table, column in _BY_STAFF:
        # As SQL: SQLite takes a reference only with its column, and rebuilding these tables would
        # touch all that point to them.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER "
            f"CONSTRAINT fk_{table}_{column}_staff REFERENCES staff (id)"
        )
    op.create_table(
        "task_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_note_task_id_task")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_task_note_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_note")),
    )
    op.create_index(op.f("ix_task_note_task_id"), "task_note", ["task_id"])
    _make_append_only()
    _staff_text()
    op.create_table(
        "caregiver",
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_caregiver_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["staff.id"], name=op.f("fk_caregiver_updated_by_staff")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_caregiver")),
    )


def _staff_text() -> None:
    moments = ("send_by", "created_at")
    later = ("next_at", "started_at", "sent_at", "settled_at")
    op.create_table(
        "staff_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.String(length=63), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=36), nullable=False),
        sa.Column("to", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("error_class", sa.String(length=20), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("sid", sa.String(length=64), nullable=True),
        sa.Column("carrier_status", sa.String(length=20), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in moments),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in later),
        sa.CheckConstraint(
            "status IN ('planned','sending','sent','delivered','failed','in_doubt')",
            name=op.f("ck_staff_text_status"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [f"{table}_id"], [f"{table}.id"], name=op.f(f"fk_staff_text_{table}_id_{table}")
            )
            for table in ("clinic", "contact", "staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_text")),
        sa.UniqueConstraint("form_key", name=op.f("uq_staff_text_form_key")),
    )
    op.create_index(
        "ix_staff_text_next_at",
        "staff_text",
        ["next_at"],
        postgresql_where=sa.text("next_at IS NOT NULL"),
        sqlite_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_staff_text_contact_id_created_at"), "staff_text", ["contact_id", "created_at"]
    )
    op.create_index(op.f("ix_staff_text_sid"), "staff_text", ["sid"])


def _make_append_only() -> None:
    """As for the audit. On SQLite a later migration that rebuilds the table
    (`batch_alter_table`) must make the triggers again."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER task_note_no_{event.lower()} BEFORE {event} ON task_note "
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION task_note_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER task_note_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON task_note "
        "FOR EACH STATEMENT EXECUTE FUNCTION task_note_refuse()"
    )


def downgrade() -> None:
    op.drop_table("caregiver")
    op.drop_table("staff_text")
    op.drop_table("task_note")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION task_note_refuse()")
    for table, column in (*_BY_STAFF, *_MOMENTS):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
