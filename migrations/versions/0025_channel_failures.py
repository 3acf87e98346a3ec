"""Count the failures of channels, and let people decide about reminders by e-mail.

Revises: 0024_submission_choice_labels
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_channel_failures"
down_revision = "0024_submission_choice_labels"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, sa.Column[object]], ...] = (
    ("channel", sa.Column("failures", sa.Integer(), nullable=False, server_default="0")),
    ("channel", sa.Column("problem", sa.Text(), nullable=False, server_default="")),
    ("user", sa.Column("has_email_reminders", sa.Boolean(), nullable=False, server_default=sa.true())),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column)
        op.alter_column(table, column.name, server_default=None)


def downgrade() -> None:
    for table, column in COLUMNS[::-1]:
        op.drop_column(table, column.name)
