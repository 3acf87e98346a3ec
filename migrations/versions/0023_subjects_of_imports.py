"""Let one kind of import serve many tables: which of them a file is for, and what was chosen with it.

Revises: 0022_channels
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023_subjects_of_imports"
down_revision = "0022_channels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("data_import", sa.Column("subject", sa.Text(), nullable=False, server_default=""))
    op.add_column("data_import", sa.Column("options", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("data_import", "subject", server_default=None)
    op.alter_column("data_import", "options", server_default=None)
    op.create_index("ix_data_import_tenant_id_subject", "data_import", ["tenant_id", "kind", "subject", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_data_import_tenant_id_subject", "data_import")
    op.drop_column("data_import", "options")
    op.drop_column("data_import", "subject")
