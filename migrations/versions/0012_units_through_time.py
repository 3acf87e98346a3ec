"""Keep what units were called, how they were reorganised, and who is tied to whom.

Revises: 0011_versions_of_settings
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0012_units_through_time"
down_revision = "0011_versions_of_settings"
branch_labels = None
depends_on = None

TENANT_OWNED = (
    "reorganisation",
    "unit_version",
    "unit_function",
    "unit_succession",
    "post_template",
    "link_kind",
    "named_cohort",
)


def upgrade() -> None:
    _create_reorganisation()
    _create_unit_version()
    _create_unit_function()
    _create_unit_succession()
    _create_post_template()
    _create_link_kind()
    _create_named_cohort()
    _add_columns()
    _keep_present_names()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))


def _create_reorganisation() -> None:
    op.create_table(
        "reorganisation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("operations", postgresql.JSONB(), nullable=False),
        sa.Column("impact", postgresql.JSONB(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'confirmed') = (confirmed_at IS NOT NULL)", name="ck_reorganisation_confirmed_has_time"
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="ck_reorganisation_confirmed_by_somebody"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "confirmed_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_reorganisation_tenant_id_confirmed_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_reorganisation_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_reorganisation_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_reorganisation"),
    )
    op.create_index(
        "ix_reorganisation_tenant_id_effective_on", "reorganisation", ["tenant_id", "effective_on"], unique=False
    )


def _create_unit_version() -> None:
    op.create_table(
        "unit_version",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_type_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("reorganisation_id", sa.Uuid(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("unit_id"), "="),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            using="gist",
            name="ex_unit_version_one_at_a_time",
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_unit_version_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reorganisation_id"],
            ["reorganisation.tenant_id", "reorganisation.id"],
            name="fk_unit_version_tenant_id_reorganisation_id_reorganisation",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_unit_version_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_type_id"],
            ["unit_type.tenant_id", "unit_type.id"],
            name="fk_unit_version_tenant_id_unit_type_id_unit_type",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_unit_version_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_unit_version"),
    )
    op.create_index("ix_unit_version_tenant_id_starts_on", "unit_version", ["tenant_id", "starts_on"], unique=False)


def _create_unit_function() -> None:
    op.create_table(
        "unit_function",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_unit_function_ends_after_start"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_unit_function_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_unit_function_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_unit_function"),
        sa.UniqueConstraint(
            "tenant_id", "unit_id", "name", "starts_on", name="uq_unit_function_tenant_id_unit_id_name_starts_on"
        ),
    )


def _create_unit_succession() -> None:
    op.create_table(
        "unit_succession",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("predecessor_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("reorganisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.CheckConstraint("predecessor_id <> successor_id", name="ck_unit_succession_not_its_own_successor"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "predecessor_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_unit_succession_tenant_id_predecessor_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reorganisation_id"],
            ["reorganisation.tenant_id", "reorganisation.id"],
            name="fk_unit_succession_tenant_id_reorganisation_id_reorganisation",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "successor_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_unit_succession_tenant_id_successor_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_unit_succession_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_unit_succession"),
        sa.UniqueConstraint(
            "tenant_id",
            "predecessor_id",
            "successor_id",
            name="uq_unit_succession_tenant_id_predecessor_id_successor_id",
        ),
    )
    op.create_index(
        "ix_unit_succession_tenant_id_successor_id", "unit_succession", ["tenant_id", "successor_id"], unique=False
    )


def _create_post_template() -> None:
    op.create_table(
        "post_template",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_type_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_type_id"],
            ["unit_type.tenant_id", "unit_type.id"],
            name="fk_post_template_tenant_id_unit_type_id_unit_type",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_post_template_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_post_template"),
        sa.UniqueConstraint("tenant_id", "unit_type_id", "name", name="uq_post_template_tenant_id_unit_type_id_name"),
    )


def _create_link_kind() -> None:
    op.create_table(
        "link_kind",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("from_people", sa.Boolean(), nullable=False),
        sa.Column("from_units", sa.Boolean(), nullable=False),
        sa.Column("from_types", postgresql.JSONB(), nullable=False),
        sa.Column("to_types", postgresql.JSONB(), nullable=False),
        sa.Column("layers", postgresql.JSONB(), nullable=False),
        sa.Column("covers_targets", sa.Boolean(), nullable=False),
        sa.Column("covers_sources", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_link_kind_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_link_kind"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_link_kind_tenant_id_name"),
    )


def _create_named_cohort() -> None:
    op.create_table(
        "named_cohort",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("sort_order", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("code"), "="),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            using="gist",
            name="ex_named_cohort_one_at_a_time",
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="ck_named_cohort_ends_after_start"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_named_cohort_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_named_cohort"),
    )


def _add_columns() -> None:
    op.add_column("unit_type", sa.Column("parents", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("org_unit", sa.Column("search_key", sa.Text(), nullable=False, server_default=""))
    op.add_column("hierarchy", sa.Column("purpose", sa.String(40), nullable=False, server_default="administrative"))
    op.add_column("hierarchy", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.add_column("hierarchy", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("hierarchy", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("hierarchy", sa.Column("alternative_to_id", sa.Uuid(), nullable=True))
    op.add_column("hierarchy", sa.Column("sort_order", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("hierarchy", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_foreign_key(
        "fk_hierarchy_tenant_id_alternative_to_id_hierarchy",
        "hierarchy",
        "hierarchy",
        ["tenant_id", "alternative_to_id"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_hierarchy_ends_after_start"),
        "hierarchy",
        "ends_on IS NULL OR starts_on IS NULL OR ends_on > starts_on",
    )
    op.add_column("unit_link", sa.Column("layer", sa.Text(), nullable=False, server_default=""))
    op.add_column("unit_link", sa.Column("note", sa.Text(), nullable=False, server_default=""))


def _keep_present_names() -> None:
    """What units are called today, they were called since they exist: nothing else was ever recorded."""
    op.execute("ALTER TABLE org_unit NO FORCE ROW LEVEL SECURITY")  # so that the owner sees the rows
    op.execute("""
        INSERT INTO unit_version
          (tenant_id, id, unit_id, unit_type_id, name, short_name, attributes, starts_on, ends_on)
        SELECT tenant_id, gen_random_uuid(), id, unit_type_id, name, short_name, attributes, valid_from, valid_to
        FROM org_unit
    """)
    op.execute("ALTER TABLE org_unit FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_hierarchy_ends_after_start"), "hierarchy")
    op.drop_column("unit_link", "note")
    op.drop_column("unit_link", "layer")
    op.drop_constraint("fk_hierarchy_tenant_id_alternative_to_id_hierarchy", "hierarchy")
    op.drop_column("hierarchy", "version")
    op.drop_column("hierarchy", "sort_order")
    op.drop_column("hierarchy", "alternative_to_id")
    op.drop_column("hierarchy", "ends_on")
    op.drop_column("hierarchy", "starts_on")
    op.drop_column("hierarchy", "note")
    op.drop_column("hierarchy", "purpose")
    op.drop_column("org_unit", "search_key")
    op.drop_column("unit_type", "parents")
    for table in TENANT_OWNED[::-1]:
        op.drop_table(table)
