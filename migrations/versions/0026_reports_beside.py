"""Find the reports of a period that came last, and the questions that wait for an answer, without reading the others.

Revises: 0025_channel_failures
"""

import sqlalchemy as sa
from alembic import op

revision = "0026_reports_beside"
down_revision = "0025_channel_failures"
branch_labels = None
depends_on = None

BESIDE = "ix_submission_tenant_id_collection_id_period_start_submitted_at"
WAITING = "ix_field_query_waiting"


def upgrade() -> None:
    op.create_index(BESIDE, "submission", ["tenant_id", "collection_id", "period_start", "submitted_at"])
    op.create_index(
        WAITING, "field_query", ["tenant_id", "submission_id"], postgresql_where=sa.text("answered_at IS NULL")
    )


def downgrade() -> None:
    op.drop_index(WAITING, "field_query")
    op.drop_index(BESIDE, "submission")
