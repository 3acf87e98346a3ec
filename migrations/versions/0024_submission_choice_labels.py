"""Keep what the choices of units and shared lists were called when a report was handed in.

Revises: 0023_subjects_of_imports
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024_submission_choice_labels"
down_revision = "0023_subjects_of_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("submission", sa.Column("choice_labels", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("submission", "choice_labels", server_default=None)


def downgrade() -> None:
    op.drop_column("submission", "choice_labels")
