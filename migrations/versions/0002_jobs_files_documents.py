"""The audit trail, background jobs, files, notifications and documents.

Revises: 0001_tenancy_org_accounts
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import RECONCILER_ROLE, grant, protect

revision = "0002_jobs_files_documents"
down_revision = "0001_tenancy_org_accounts"
branch_labels = None
depends_on = None

TENANT_OWNED = ("audit_event", "job", "stored_file", "notification", "document", "document_number")
# Rows are only ever added: what was done stays done.
APPEND_ONLY = ("audit_event",)

RECONCILER_READS = (
    "id, tenant_id, kind, state, priority, attempt, max_attempts, run_after, sent_at, lease_until, created_at,"
    " finished_at"
)
RECONCILER_WRITES = "state, run_after, sent_at, lease_until, token, error, finished_at"


def upgrade() -> None:
    _create_tables()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, "SELECT, INSERT") if table in APPEND_ONLY else grant(table))
    # The reconciler re-sends lost jobs of every county: it sees where a job stands, not what it is about.
    op.execute(f"CREATE POLICY job_reconciler ON job TO {RECONCILER_ROLE} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT ({RECONCILER_READS}) ON job TO {RECONCILER_ROLE}")
    op.execute(f"GRANT UPDATE ({RECONCILER_WRITES}) ON job TO {RECONCILER_ROLE}")


def downgrade() -> None:
    for table in reversed(TENANT_OWNED):
        op.drop_table(table)


def _create_tables() -> None:
    op.create_table(
        "audit_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "actor_id"], ["user.tenant_id", "user.id"], name="fk_audit_event_tenant_id_actor_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_audit_event_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_audit_event"),
    )
    op.create_table(
        "job",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("args", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="ck_job_running_has_lease"),
        sa.CheckConstraint("(state IN ('done', 'dead')) = (finished_at IS NOT NULL)", name="ck_job_finished_has_time"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"], ["user.tenant_id", "user.id"], name="fk_job_tenant_id_created_by_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_job_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_job"),
        sa.UniqueConstraint("tenant_id", "kind", "key", name="uq_job_tenant_id_kind_key"),
    )
    op.create_table(
        "stored_file",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size >= 0", name="ck_stored_file_size_not_negative"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_stored_file_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_stored_file_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_stored_file"),
    )
    op.create_table(
        "notification",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_notification_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_notification_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_notification"),
    )
    op.create_table(
        "document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("verify_code", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("fonts", postgresql.JSONB(), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
        sa.Column("is_formal", sa.Boolean(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'rendered') = (file_id IS NOT NULL)", name="ck_document_rendered_has_file"),
        sa.CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="ck_document_numbered_when_issued"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_document_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name="fk_document_tenant_id_file_id_stored_file",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"], ["job.tenant_id", "job.id"], name="fk_document_tenant_id_job_id_job"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_document_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_document_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_document"),
        sa.UniqueConstraint(
            "tenant_id", "subject_id", "kind", "digest", name="uq_document_tenant_id_subject_id_kind_digest"
        ),
        sa.UniqueConstraint("tenant_id", "verify_code", name="uq_document_tenant_id_verify_code"),
    )
    op.create_table(
        "document_number",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.CheckConstraint("last_number >= 0", name="ck_document_number_not_negative"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_document_number_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_document_number"),
        sa.UniqueConstraint("tenant_id", "agency_code", "year", name="uq_document_number_tenant_id_agency_code_year"),
    )
    op.create_index("ix_audit_event_tenant_id_at", "audit_event", ["tenant_id", "at"], unique=False)
    op.create_index("ix_audit_event_tenant_id_subject_id", "audit_event", ["tenant_id", "subject_id"], unique=False)
    op.create_index("ix_job_state_run_after", "job", ["state", "run_after"], unique=False)
    op.create_index("ix_stored_file_tenant_id_digest", "stored_file", ["tenant_id", "digest"], unique=False)
    op.create_index("ix_stored_file_tenant_id_subject_id", "stored_file", ["tenant_id", "subject_id"], unique=False)
    op.create_index(
        "ix_notification_tenant_id_user_id_created_at",
        "notification",
        ["tenant_id", "user_id", "created_at"],
        unique=False,
    )
    op.create_index("ix_document_tenant_id_created_at", "document", ["tenant_id", "created_at"], unique=False)
