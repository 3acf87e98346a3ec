"""Give units bodies with seats and meetings, and let posts be handed over for a time.

Revises: 0012_units_through_time
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0013_bodies_and_delegation"
down_revision = "0012_units_through_time"
branch_labels = None
depends_on = None

TENANT_OWNED = ("body_template", "body", "body_seat", "body_meeting", "delegation")


def upgrade() -> None:
    _create_body_template()
    _create_body()
    _create_body_seat()
    _create_body_meeting()
    _create_delegation()
    _add_columns()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))


def _create_body_template() -> None:
    op.create_table(
        "body_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=False),
        sa.Column("unit_types", postgresql.JSONB(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("seats", postgresql.JSONB(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_body_template_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_body_template"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_body_template_tenant_id_code"),
    )


def _create_body() -> None:
    op.create_table(
        "body",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("host_unit_id", sa.Uuid(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("is_dropped", sa.Boolean(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("rules", postgresql.JSONB(), nullable=False),
        sa.Column("by_strokes", sa.Boolean(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("NOT is_dropped OR template_id IS NOT NULL", name="ck_body_only_inherited_are_dropped"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_body_ends_after_start"),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name="ck_body_not_its_own_parent"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "host_unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_body_tenant_id_host_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"], ["body.tenant_id", "body.id"], name="fk_body_tenant_id_parent_id_body"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "template_id"],
            ["body_template.tenant_id", "body_template.id"],
            name="fk_body_tenant_id_template_id_body_template",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"], ["org_unit.tenant_id", "org_unit.id"], name="fk_body_tenant_id_unit_id_org_unit"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_body_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_body"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_body_tenant_id_code"),
        sa.UniqueConstraint("tenant_id", "template_id", "unit_id", name="uq_body_tenant_id_template_id_unit_id"),
    )
    op.create_index("ix_body_tenant_id_unit_id", "body", ["tenant_id", "unit_id"], unique=False)


def _create_body_seat() -> None:
    op.create_table(
        "body_seat",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("filled_by", sa.String(40), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("field_of_work", sa.Text(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(filled_by = 'post') = (post_id IS NOT NULL) AND (filled_by = 'person') = (user_id IS NOT NULL)"
            " AND (filled_by = 'unit') = (unit_id IS NOT NULL)"
            " AND (filled_by IN ('post', 'person', 'unit') OR wording <> '')",
            name="ck_body_seat_filled_as_said",
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_body_seat_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "body_id"], ["body.tenant_id", "body.id"], name="fk_body_seat_tenant_id_body_id_body"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"], ["post.tenant_id", "post.id"], name="fk_body_seat_tenant_id_post_id_post"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_body_seat_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_body_seat_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_body_seat_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_body_seat"),
    )
    op.create_index("ix_body_seat_tenant_id_body_id", "body_seat", ["tenant_id", "body_id"], unique=False)


def _create_body_meeting() -> None:
    op.create_table(
        "body_meeting",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("body_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("entitled", sa.Integer(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("in_favour", sa.Integer(), nullable=False),
        sa.Column("against", sa.Integer(), nullable=False),
        sa.Column("abstained", sa.Integer(), nullable=False),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "entitled > 0 AND present BETWEEN 0 AND entitled", name="ck_body_meeting_present_among_entitled"
        ),
        sa.CheckConstraint(
            "in_favour >= 0 AND against >= 0 AND abstained >= 0 AND in_favour + against + abstained <= present",
            name="ck_body_meeting_votes_of_present",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "body_id"], ["body.tenant_id", "body.id"], name="fk_body_meeting_tenant_id_body_id_body"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "recorded_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_body_meeting_tenant_id_recorded_by_id_user",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_body_meeting_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_body_meeting"),
    )
    op.create_index("ix_body_meeting_tenant_id_body_id", "body_meeting", ["tenant_id", "body_id"], unique=False)


def _create_delegation() -> None:
    op.create_table(
        "delegation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("from_user_id", sa.Uuid(), nullable=False),
        sa.Column("to_user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="ck_delegation_revoked_by_somebody"),
        sa.CheckConstraint("ends_on > starts_on", name="ck_delegation_ends_after_start"),
        sa.CheckConstraint("from_user_id <> to_user_id", name="ck_delegation_to_somebody_else"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "from_user_id"],
            ["user.tenant_id", "user.id"],
            name="fk_delegation_tenant_id_from_user_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"], ["post.tenant_id", "post.id"], name="fk_delegation_tenant_id_post_id_post"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "revoked_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_delegation_tenant_id_revoked_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "to_user_id"], ["user.tenant_id", "user.id"], name="fk_delegation_tenant_id_to_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_delegation_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_delegation"),
    )
    op.create_index("ix_delegation_tenant_id_post_id", "delegation", ["tenant_id", "post_id"], unique=False)
    op.create_index("ix_delegation_tenant_id_to_user_id", "delegation", ["tenant_id", "to_user_id"], unique=False)


def _add_columns() -> None:
    op.add_column("appointment", sa.Column("kind", sa.String(40), nullable=False, server_default="appointed"))
    op.add_column("appointment", sa.Column("term", sa.Text(), nullable=False, server_default=""))
    op.add_column("appointment", sa.Column("basis", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("appointment", "basis")
    op.drop_column("appointment", "term")
    op.drop_column("appointment", "kind")
    for table in TENANT_OWNED[::-1]:
        op.drop_table(table)
