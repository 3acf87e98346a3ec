"""Collections, their windows, and submissions.

Revises: 0004_plans_and_targets
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0005_submissions"
down_revision = "0004_plans_and_targets"
branch_labels = None
depends_on = None

TENANT_OWNED = ("collection", "collection_window", "submission")


def upgrade() -> None:
    _create_tables()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))


def downgrade() -> None:
    for table in reversed(TENANT_OWNED):
        op.drop_table(table)


def _create_tables() -> None:
    op.create_table(
        "collection",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("cohort", postgresql.JSONB(), nullable=False),
        sa.Column("window", postgresql.JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ck_collection_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_id"],
            ["form_definition.tenant_id", "form_definition.id"],
            name="fk_collection_tenant_id_form_id_form_definition",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_collection_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "route_id"], ["route.tenant_id", "route.id"], name="fk_collection_tenant_id_route_id_route"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_collection_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_collection"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_collection_tenant_id_code"),
    )
    op.create_table(
        "collection_window",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("recheck_from", sa.Date(), nullable=True),
        sa.Column("recheck_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("due_on >= opens_on", name="ck_collection_window_due_after_opening"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "changed_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_collection_window_tenant_id_changed_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="fk_collection_window_tenant_id_collection_id_collection",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_collection_window_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_collection_window"),
        sa.UniqueConstraint(
            "tenant_id",
            "collection_id",
            "period_start",
            name="uq_collection_window_tenant_id_collection_id_period_start",
        ),
    )
    op.create_table(
        "submission",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("form_version_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("is_not_applicable", sa.Boolean(), nullable=False),
        sa.Column("not_applicable_reason", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("signed_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'signed_off') = (signed_off_at IS NOT NULL)", name="ck_submission_signed_off_has_time"
        ),
        sa.CheckConstraint(
            "NOT is_not_applicable OR not_applicable_reason <> ''", name="ck_submission_not_applicable_has_reason"
        ),
        sa.CheckConstraint("period_end >= period_start", name="ck_submission_period_in_order"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="fk_submission_tenant_id_collection_id_collection",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_version_id"],
            ["form_version.tenant_id", "form_version.id"],
            name="fk_submission_tenant_id_form_version_id_form_version",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "submitted_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_submission_tenant_id_submitted_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supersedes_id"],
            ["submission.tenant_id", "submission.id"],
            name="fk_submission_tenant_id_supersedes_id_submission",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_submission_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_submission_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_submission"),
        sa.UniqueConstraint(
            "tenant_id",
            "collection_id",
            "unit_id",
            "period_start",
            "revision",
            name="uq_submission_one_per_period",
        ),
    )
    op.create_index("ix_submission_tenant_id_status", "submission", ["tenant_id", "status"], unique=False)
    op.create_index(
        "ix_submission_tenant_id_unit_id_period_start",
        "submission",
        ["tenant_id", "unit_id", "period_start"],
        unique=False,
    )
