"""Counties, their organisation and their people.

Revises: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0001_tenancy_org_accounts"
down_revision = None
branch_labels = None
depends_on = None

TENANT_OWNED = (
    "tenant_settings",
    "sent_form",
    "unit_type",
    "org_unit",
    "hierarchy",
    "placement",
    "post",
    "user",
    "unit_link",
    "appointment",
    "user_session",
    "sign_in_attempt",
)


def upgrade() -> None:
    _create_tables()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))
    for table in ("cell", "tenant", "tenant_host"):
        op.execute(grant(table, "SELECT"))


def downgrade() -> None:
    for table in (*TENANT_OWNED[::-1], "tenant_host", "tenant", "cell"):
        op.drop_table(table)


def _create_tables() -> None:
    op.create_table(
        "cell",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cell"),
        sa.UniqueConstraint("name", name="uq_cell_name"),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cell_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z][a-z0-9-]{1,30}$'", name="ck_tenant_slug_form"),
        sa.ForeignKeyConstraint(["cell_id"], ["cell.id"], name="fk_tenant_cell_id_cell"),
        sa.PrimaryKeyConstraint("id", name="pk_tenant"),
        sa.UniqueConstraint("slug", name="uq_tenant_slug"),
    )
    op.create_table(
        "tenant_host",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_tenant_host_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("host", name="pk_tenant_host"),
    )
    op.create_table(
        "tenant_settings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("letterhead", sa.Text(), nullable=False),
        sa.Column("issuing_unit_name", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.Text(), nullable=False),
        sa.Column("printing_unit_name", sa.Text(), nullable=False),
        sa.Column("copied_to", postgresql.JSONB(), nullable=False),
        sa.Column("pack_name", sa.Text(), nullable=True),
        sa.Column("pack_digest", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_tenant_settings_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_tenant_settings"),
        sa.UniqueConstraint("tenant_id", name="uq_tenant_settings_tenant_id"),
    )
    op.create_table(
        "sent_form",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_sent_form_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sent_form"),
    )
    op.create_table(
        "unit_type",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("is_territorial", sa.Boolean(), nullable=False),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_unit_type_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_unit_type"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_unit_type_tenant_id_code"),
    )
    op.create_table(
        "org_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_type_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="ck_org_unit_closed_after_opened"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_type_id"],
            ["unit_type.tenant_id", "unit_type.id"],
            name="fk_org_unit_tenant_id_unit_type_id_unit_type",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_org_unit_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_org_unit"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_org_unit_tenant_id_code"),
    )
    op.create_table(
        "hierarchy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_hierarchy_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_hierarchy"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_hierarchy_tenant_id_code"),
    )
    op.create_table(
        "placement",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hierarchy_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("hierarchy_id"), "="),
            (sa.column("unit_id"), "="),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            using="gist",
            name="ex_placement_one_parent_at_a_time",
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_placement_ends_after_start"),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> unit_id", name="ck_placement_not_its_own_parent"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "hierarchy_id"],
            ["hierarchy.tenant_id", "hierarchy.id"],
            name="fk_placement_tenant_id_hierarchy_id_hierarchy",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_placement_tenant_id_parent_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_placement_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_placement_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_placement"),
    )
    op.create_table(
        "post",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"], ["org_unit.tenant_id", "org_unit.id"], name="fk_post_tenant_id_unit_id_org_unit"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_post_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_post"),
        sa.UniqueConstraint("tenant_id", "unit_id", "name", name="uq_post_tenant_id_unit_id_name"),
    )
    op.create_table(
        "user",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login_name", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_sign_ins", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("login_name IS NULL OR password_hash IS NOT NULL", name="ck_user_account_has_password"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_user_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_user"),
        sa.UniqueConstraint("tenant_id", "login_name", name="uq_user_tenant_id_login_name"),
    )
    op.create_table(
        "unit_link",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("linked_unit_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("(user_id IS NULL) <> (linked_unit_id IS NULL)", name="ck_unit_link_to_a_person_or_a_unit"),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_unit_link_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "linked_unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_unit_link_tenant_id_linked_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_unit_link_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_unit_link_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_unit_link_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_unit_link"),
    )
    op.create_table(
        "appointment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_appointment_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id"], ["post.tenant_id", "post.id"], name="fk_appointment_tenant_id_post_id_post"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_appointment_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_appointment_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_appointment"),
    )
    op.create_table(
        "user_session",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_user_session_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_user_session_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_user_session"),
        sa.UniqueConstraint("tenant_id", "token_digest", name="uq_user_session_tenant_id_token_digest"),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login_name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_sign_in_attempt_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_sign_in_attempt"),
    )
    op.create_index("ix_org_unit_tenant_id_unit_type_id", "org_unit", ["tenant_id", "unit_type_id"], unique=False)
    op.create_index(
        "ix_placement_tenant_id_hierarchy_id_parent_id",
        "placement",
        ["tenant_id", "hierarchy_id", "parent_id"],
        unique=False,
    )
    op.create_index("ix_unit_link_tenant_id_unit_id", "unit_link", ["tenant_id", "unit_id"], unique=False)
    op.create_index("ix_unit_link_tenant_id_user_id", "unit_link", ["tenant_id", "user_id"], unique=False)
    op.create_index("ix_appointment_tenant_id_post_id", "appointment", ["tenant_id", "post_id"], unique=False)
    op.create_index("ix_appointment_tenant_id_user_id", "appointment", ["tenant_id", "user_id"], unique=False)
    op.create_index("ix_user_session_tenant_id_user_id", "user_session", ["tenant_id", "user_id"], unique=False)
    op.create_index(
        "ix_sign_in_attempt_tenant_id_address_at", "sign_in_attempt", ["tenant_id", "address", "at"], unique=False
    )
