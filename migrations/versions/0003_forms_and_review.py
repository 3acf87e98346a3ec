"""Forms with their versions; routes, cases and decisions.

Revises: 0002_jobs_files_documents
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0003_forms_and_review"
down_revision = "0002_jobs_files_documents"
branch_labels = None
depends_on = None

TENANT_OWNED = ("form_definition", "form_version", "route", "review_case", "review_task", "review_decision")
# Rows are only ever added: what was done stays done.
APPEND_ONLY = ("review_decision",)


def upgrade() -> None:
    _create_tables()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, "SELECT, INSERT") if table in APPEND_ONLY else grant(table))


def downgrade() -> None:
    for table in reversed(TENANT_OWNED):
        op.drop_table(table)


def _create_tables() -> None:
    op.create_table(
        "form_definition",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("owner_unit_id", sa.Uuid(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_form_definition_tenant_id_owner_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_form_definition_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_form_definition"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_form_definition_tenant_id_code"),
    )
    op.create_table(
        "form_version",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="ck_form_version_published_has_time"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_id"],
            ["form_definition.tenant_id", "form_definition.id"],
            name="fk_form_version_tenant_id_form_id_form_definition",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "published_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_form_version_tenant_id_published_by_id_user",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_form_version_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_form_version"),
        sa.UniqueConstraint("tenant_id", "form_id", "number", name="uq_form_version_tenant_id_form_id_number"),
    )
    op.create_table(
        "route",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_route_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_route"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_route_tenant_id_code"),
    )
    op.create_table(
        "review_case",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("current_step", sa.Integer(), nullable=True),
        sa.Column("seats", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.JSONB(), nullable=False),
        sa.Column("started_by_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'open') = (finished_at IS NULL)", name="ck_review_case_finished_has_time"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "route_id"], ["route.tenant_id", "route.id"], name="fk_review_case_tenant_id_route_id_route"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "started_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_review_case_tenant_id_started_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_review_case_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_review_case_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_review_case"),
    )
    op.create_table(
        "review_task",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"],
            ["review_case.tenant_id", "review_case.id"],
            name="fk_review_task_tenant_id_case_id_review_case",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"], ["post.tenant_id", "post.id"], name="fk_review_task_tenant_id_post_id_post"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_review_task_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_review_task"),
        sa.UniqueConstraint(
            "tenant_id",
            "case_id",
            "step",
            "post_id",
            "cycle",
            name="uq_review_task_tenant_id_case_id_step_post_id_cycle",
        ),
    )
    op.create_table(
        "review_decision",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=True),
        sa.Column("step_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=True),
        sa.Column("post_name", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("returned_to", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "actor_id"], ["user.tenant_id", "user.id"], name="fk_review_decision_tenant_id_actor_id_user"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "case_id"],
            ["review_case.tenant_id", "review_case.id"],
            name="fk_review_decision_tenant_id_case_id_review_case",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"], ["post.tenant_id", "post.id"], name="fk_review_decision_tenant_id_post_id_post"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_review_decision_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_review_decision"),
    )
    op.create_index("ix_review_case_tenant_id_subject_id", "review_case", ["tenant_id", "subject_id"], unique=False)
    op.create_index(
        "uq_review_case_one_open",
        "review_case",
        ["tenant_id", "subject_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_review_task_tenant_id_post_id_closed_at", "review_task", ["tenant_id", "post_id", "closed_at"], unique=False
    )
    op.create_index("ix_review_decision_tenant_id_case_id", "review_decision", ["tenant_id", "case_id"], unique=False)
