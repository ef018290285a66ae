"""profiles that are edited on the site: their versions, what the file said, planning to catch up

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profile_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "source IN ('file','site','restored')", name=op.f("ck_profile_version_source")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_profile_version_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_profile_version_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile_version")),
        sa.UniqueConstraint(
            "clinic_id", "number", name=op.f("uq_profile_version_clinic_id_number")
        ),
    )
    op.add_column("clinic", sa.Column("file_profile", sa.Text(), nullable=True))
    op.add_column("clinic", sa.Column("replan_after", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("clinic", "replan_after")
    op.drop_column("clinic", "file_profile")
    op.drop_table("profile_version")
