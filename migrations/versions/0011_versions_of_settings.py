"""Count the versions of what administrators edit, so that nobody overwrites somebody else's change unseen.

Revises: 0010_assessed_units
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_versions_of_settings"
down_revision = "0010_assessed_units"
branch_labels = None
depends_on = None

TABLES = ("unit_type", "post", "tenant_settings")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("version", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "version")
