"""Plans with their tasks and stages; targets with what was reported.

Revises: 0003_forms_and_review
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0004_plans_and_targets"
down_revision = "0003_forms_and_review"
branch_labels = None
depends_on = None

TENANT_OWNED = (
    "plan",
    "plan_section",
    "plan_task",
    "plan_task_part",
    "plan_task_unit",
    "task_report",
    "plan_stage",
    "plan_attachment",
    "target",
    "target_value",
)
# Rows are only ever added: what was done stays done.
APPEND_ONLY = ("task_report", "target_value")


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
        "plan",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("supersedes_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("superior_plan_id", sa.Uuid(), nullable=True),
        sa.Column("route_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("goals", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("addressees", postgresql.JSONB(), nullable=False),
        sa.Column("copied_to", postgresql.JSONB(), nullable=False),
        sa.Column("countersign_units", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("drafted_by_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name="ck_plan_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["document.tenant_id", "document.id"],
            name="fk_plan_tenant_id_document_id_document",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "drafted_by_id"], ["user.tenant_id", "user.id"], name="fk_plan_tenant_id_drafted_by_id_user"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "route_id"], ["route.tenant_id", "route.id"], name="fk_plan_tenant_id_route_id_route"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "superior_plan_id"],
            ["plan.tenant_id", "plan.id"],
            name="fk_plan_tenant_id_superior_plan_id_plan",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "supersedes_id"], ["plan.tenant_id", "plan.id"], name="fk_plan_tenant_id_supersedes_id_plan"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"], ["org_unit.tenant_id", "org_unit.id"], name="fk_plan_tenant_id_unit_id_org_unit"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan"),
        sa.UniqueConstraint("tenant_id", "code", "revision", name="uq_plan_tenant_id_code_revision"),
    )
    op.create_table(
        "plan_section",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_plan_section_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_section_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan_section"),
        sa.UniqueConstraint("tenant_id", "plan_id", "sort_order", name="uq_plan_section_tenant_id_plan_id_sort_order"),
    )
    op.create_table(
        "plan_task",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_plan_task_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_task_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan_task"),
        sa.UniqueConstraint("tenant_id", "plan_id", "code", name="uq_plan_task_tenant_id_plan_id_code"),
    )
    op.create_table(
        "plan_task_part",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_text", sa.Text(), nullable=False),
        sa.Column("is_standing", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "task_id"],
            ["plan_task.tenant_id", "plan_task.id"],
            name="fk_plan_task_part_tenant_id_task_id_plan_task",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_task_part_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan_task_part"),
        sa.UniqueConstraint("tenant_id", "task_id", "code", name="uq_plan_task_part_tenant_id_task_id_code"),
    )
    op.create_table(
        "plan_task_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.CheckConstraint("unit_id IS NOT NULL OR label <> ''", name="ck_plan_task_unit_unit_or_words"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "part_id"],
            ["plan_task_part.tenant_id", "plan_task_part.id"],
            name="fk_plan_task_unit_tenant_id_part_id_plan_task_part",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_plan_task_unit_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_task_unit_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan_task_unit"),
    )
    op.create_table(
        "task_report",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "part_id"],
            ["plan_task_part.tenant_id", "plan_task_part.id"],
            name="fk_task_report_tenant_id_part_id_plan_task_part",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reported_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_task_report_tenant_id_reported_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_task_report_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_task_report_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_task_report"),
    )
    op.create_table(
        "plan_stage",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="ck_plan_stage_ends_after_start"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_plan_stage_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_stage_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan_stage"),
        sa.UniqueConstraint("tenant_id", "plan_id", "sort_order", name="uq_plan_stage_tenant_id_plan_id_sort_order"),
    )
    op.create_table(
        "plan_attachment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("content", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("file_id IS NOT NULL OR content IS NOT NULL", name="ck_plan_attachment_file_or_content"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name="fk_plan_attachment_tenant_id_file_id_stored_file",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_plan_attachment_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_plan_attachment_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_plan_attachment"),
        sa.UniqueConstraint(
            "tenant_id", "plan_id", "sort_order", name="uq_plan_attachment_tenant_id_plan_id_sort_order"
        ),
    )
    op.create_table(
        "target",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("responsible_unit_id", sa.Uuid(), nullable=True),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"], ["plan.tenant_id", "plan.id"], name="fk_target_tenant_id_plan_id_plan"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "responsible_unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_target_tenant_id_responsible_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_target_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_target"),
        sa.UniqueConstraint("tenant_id", "plan_id", "code", name="uq_target_tenant_id_plan_id_code"),
    )
    op.create_table(
        "target_value",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("numerator", sa.Numeric(), nullable=True),
        sa.Column("denominator", sa.Numeric(), nullable=True),
        sa.Column("is_not_applicable", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reported_by_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "NOT is_not_applicable OR (value IS NULL AND numerator IS NULL)",
            name="ck_target_value_not_applicable_has_no_value",
        ),
        sa.CheckConstraint("denominator IS NULL OR denominator >= 0", name="ck_target_value_denominator_not_negative"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reported_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_target_value_tenant_id_reported_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "target_id"],
            ["target.tenant_id", "target.id"],
            name="fk_target_value_tenant_id_target_id_target",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_target_value_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_target_value_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_target_value"),
    )
    op.create_index("ix_plan_task_part_tenant_id_due_on", "plan_task_part", ["tenant_id", "due_on"], unique=False)
    op.create_index("ix_plan_task_unit_tenant_id_part_id", "plan_task_unit", ["tenant_id", "part_id"], unique=False)
    op.create_index("ix_plan_task_unit_tenant_id_unit_id", "plan_task_unit", ["tenant_id", "unit_id"], unique=False)
    op.create_index("ix_task_report_tenant_id_part_id", "task_report", ["tenant_id", "part_id"], unique=False)
    op.create_index(
        "ix_target_value_tenant_id_target_id_measured_on",
        "target_value",
        ["tenant_id", "target_id", "measured_on"],
        unique=False,
    )
