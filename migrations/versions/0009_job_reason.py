"""Tell the user why a job was given up, and find the open jobs quickly.

Revises: 0008_submission_contributors
"""

import sqlalchemy as sa
from alembic import op

from saas.tenancy.rls import RECONCILER_ROLE

revision = "0009_job_reason"
down_revision = "0008_submission_contributors"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.add_column("job", sa.Column("reason", sa.Text(), nullable=True))
    # Nothing has been given up before this version, so there is no row to fill.
    op.create_check_constraint(op.f("ck_job_dead_has_reason"), "job", "state <> 'dead' OR reason IS NOT NULL")
    op.create_check_constraint(op.f("ck_job_progress_in_range"), "job", "progress BETWEEN 0 AND 100")
    # Finished jobs pile up; whoever looks for open ones must not read them all.
    op.create_index("ix_job_open", "job", ["tenant_id", "state"], postgresql_where=OPEN)
    # The reconciler also gives up jobs, and must say why.
    op.execute(f"GRANT UPDATE (reason) ON job TO {RECONCILER_ROLE}")


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE (reason) ON job FROM {RECONCILER_ROLE}")
    op.drop_index("ix_job_open", "job")
    op.drop_constraint("ck_job_progress_in_range", "job")
    op.drop_constraint("ck_job_dead_has_reason", "job")
    op.drop_column("job", "reason")
