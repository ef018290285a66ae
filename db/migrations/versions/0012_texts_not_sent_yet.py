"""texts and notes that somebody has begun to write

Revision 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unsent_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(contact_id IS NULL) <> (task_id IS NULL)", name=op.f("ck_unsent_text_place")
        ),
        *(_of(table) for table in ("contact", "task")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_unsent_text_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsent_text")),
        sa.UniqueConstraint(
            "contact_id", "staff_id", name=op.f("uq_unsent_text_contact_id_staff_id")
        ),
        sa.UniqueConstraint("task_id", "staff_id", name=op.f("uq_unsent_text_task_id_staff_id")),
    )


def downgrade() -> None:
    op.drop_table("unsent_text")


def _of(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_unsent_text_{table}_id_{table}")
    return sa.ForeignKeyConstraint([f"{table}_id"], [f"{table}.id"], name=name, ondelete="CASCADE")
