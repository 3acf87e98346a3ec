"""Assessment schemes, rounds, facts and results.

Revises: 0005_submissions
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0006_assessment"
down_revision = "0005_submissions"
branch_labels = None
depends_on = None

TENANT_OWNED = ("assessment_scheme", "scheme_version", "assessment_round", "assessment_fact", "assessment_result")


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
        "assessment_scheme",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("cohort", postgresql.JSONB(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("collection_id", sa.Uuid(), nullable=True),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="fk_assessment_scheme_tenant_id_collection_id_collection",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_assessment_scheme_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "route_id"],
            ["route.tenant_id", "route.id"],
            name="fk_assessment_scheme_tenant_id_route_id_route",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_assessment_scheme_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assessment_scheme"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_assessment_scheme_tenant_id_code"),
    )
    op.create_table(
        "scheme_version",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="ck_scheme_version_published_has_time"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "published_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_scheme_version_tenant_id_published_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scheme_id"],
            ["assessment_scheme.tenant_id", "assessment_scheme.id"],
            name="fk_scheme_version_tenant_id_scheme_id_assessment_scheme",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_scheme_version_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_scheme_version"),
        sa.UniqueConstraint("tenant_id", "scheme_id", "number", name="uq_scheme_version_tenant_id_scheme_id_number"),
    )
    op.create_table(
        "assessment_round",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_version_id", sa.Uuid(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("base_amounts", postgresql.JSONB(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("period_end >= period_start", name="ck_assessment_round_period_in_order"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_assessment_round_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name="fk_assessment_round_tenant_id_document_id_document",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "job_id"], ["job.tenant_id", "job.id"], name="fk_assessment_round_tenant_id_job_id_job"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scheme_id"],
            ["assessment_scheme.tenant_id", "assessment_scheme.id"],
            name="fk_assessment_round_tenant_id_scheme_id_assessment_scheme",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scheme_version_id"],
            ["scheme_version.tenant_id", "scheme_version.id"],
            name="fk_assessment_round_tenant_id_scheme_version_id_scheme_version",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_assessment_round_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assessment_round"),
        sa.UniqueConstraint(
            "tenant_id",
            "scheme_id",
            "cadence",
            "period_start",
            name="uq_assessment_round_tenant_id_scheme_id_cadence_period_start",
        ),
    )
    op.create_table(
        "assessment_fact",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("households", postgresql.JSONB(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="ck_assessment_fact_withdrawn_has_reason"
        ),
        sa.CheckConstraint("source IN ('self', 'recheck', 'office')", name="ck_assessment_fact_known_source"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "photo_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name="fk_assessment_fact_tenant_id_photo_id_stored_file",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recorded_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_assessment_fact_tenant_id_recorded_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["assessment_round.tenant_id", "assessment_round.id"],
            name="fk_assessment_fact_tenant_id_round_id_assessment_round",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_assessment_fact_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_assessment_fact_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assessment_fact"),
    )
    op.create_table(
        "assessment_result",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("points", sa.Numeric(), nullable=True),
        sa.Column("points_state", sa.Text(), nullable=False),
        sa.Column("money", sa.Numeric(), nullable=True),
        sa.Column("money_state", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("is_vetoed", sa.Boolean(), nullable=False),
        sa.Column("trace", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["assessment_round.tenant_id", "assessment_round.id"],
            name="fk_assessment_result_tenant_id_round_id_assessment_round",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_assessment_result_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_assessment_result_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assessment_result"),
        sa.UniqueConstraint("tenant_id", "round_id", "unit_id", name="uq_assessment_result_tenant_id_round_id_unit_id"),
    )
    op.create_index(
        "ix_assessment_fact_tenant_id_round_id_unit_id",
        "assessment_fact",
        ["tenant_id", "round_id", "unit_id"],
        unique=False,
    )
    op.create_index(
        "ix_assessment_result_tenant_id_unit_id", "assessment_result", ["tenant_id", "unit_id"], unique=False
    )
