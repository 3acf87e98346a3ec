"""Remember everybody who filled a submission: none of them may review it (填报人不得审核).

Revises: 0007_what_is_signed_stays
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_submission_contributors"
down_revision = "0007_what_is_signed_stays"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submission", sa.Column("contributors", postgresql.JSONB(), nullable=False, server_default="[]"))
    # Rows filled before this column existed: at least whoever handed them in is known. Signed ones keep the default,
    # nobody decides on them any more.
    op.execute("""
        UPDATE submission SET contributors = jsonb_build_array(submitted_by_id::text)
        WHERE submitted_by_id IS NOT NULL AND status <> 'signed_off'
    """)
    op.alter_column("submission", "contributors", server_default=None)


def downgrade() -> None:
    op.drop_column("submission", "contributors")
