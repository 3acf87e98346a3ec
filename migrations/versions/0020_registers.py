"""Keep registers with records, their history, and who read what is protected.

Revises: 0019_statistics_of_units
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0020_registers"
down_revision = "0019_statistics_of_units"
branch_labels = None
depends_on = None

TENANT_OWNED = ("register", "register_record", "record_link", "record_event", "register_view", "record_reading")
APPEND_ONLY = (
    "record_event",
    "record_reading",
)


def upgrade() -> None:
    _create_register()
    _create_register_record()
    _create_record_link()
    _create_record_event()
    _create_register_view()
    _create_record_reading()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table, "SELECT, INSERT") if table in APPEND_ONLY else grant(table))


def _create_register() -> None:
    op.create_table(
        "register",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("owner_unit_id", sa.Uuid(), nullable=True),
        sa.Column("cohort", postgresql.JSONB(), nullable=False),
        sa.Column("states", postgresql.JSONB(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("access", postgresql.JSONB(), nullable=False),
        sa.Column("layout", postgresql.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_id"],
            ["form_definition.tenant_id", "form_definition.id"],
            name="fk_register_tenant_id_form_id_form_definition",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_register_tenant_id_owner_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_register_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_register"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_register_tenant_id_code"),
    )


def _create_register_record() -> None:
    op.create_table(
        "register_record",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("form_version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_register_record_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "form_version_id"],
            ["form_version.tenant_id", "form_version.id"],
            name="fk_register_record_tenant_id_form_version_id_form_version",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "register_id"],
            ["register.tenant_id", "register.id"],
            name="fk_register_record_tenant_id_register_id_register",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_register_record_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_register_record_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_register_record"),
        sa.UniqueConstraint(
            "tenant_id", "register_id", "number", name="uq_register_record_tenant_id_register_id_number"
        ),
    )
    op.create_index("ix_register_record_tenant_id_due_on", "register_record", ["tenant_id", "due_on"], unique=False)
    op.create_index(
        "ix_register_record_tenant_id_register_id_state",
        "register_record",
        ["tenant_id", "register_id", "state"],
        unique=False,
    )
    op.create_index("ix_register_record_tenant_id_unit_id", "register_record", ["tenant_id", "unit_id"], unique=False)


def _create_record_link() -> None:
    op.create_table(
        "record_link",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("(unit_id IS NULL) <> (user_id IS NULL)", name="ck_record_link_unit_or_person"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "record_id"],
            ["register_record.tenant_id", "register_record.id"],
            name="fk_record_link_tenant_id_record_id_register_record",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_record_link_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_record_link_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_record_link_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_record_link"),
    )
    op.create_index("ix_record_link_tenant_id_record_id", "record_link", ["tenant_id", "record_id"], unique=False)
    op.create_index("ix_record_link_tenant_id_unit_id", "record_link", ["tenant_id", "unit_id"], unique=False)
    op.create_index("ix_record_link_tenant_id_user_id", "record_link", ["tenant_id", "user_id"], unique=False)


def _create_record_event() -> None:
    op.create_table(
        "record_event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=False),
        sa.Column("state_after", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "actor_id"], ["user.tenant_id", "user.id"], name="fk_record_event_tenant_id_actor_id_user"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "record_id"],
            ["register_record.tenant_id", "register_record.id"],
            name="fk_record_event_tenant_id_record_id_register_record",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_record_event_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_record_event"),
    )
    op.create_index(
        "ix_record_event_tenant_id_record_id_happened_at",
        "record_event",
        ["tenant_id", "record_id", "happened_at"],
        unique=False,
    )


def _create_register_view() -> None:
    op.create_table(
        "register_view",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("query", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "owner_id"], ["user.tenant_id", "user.id"], name="fk_register_view_tenant_id_owner_id_user"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "register_id"],
            ["register.tenant_id", "register.id"],
            name="fk_register_view_tenant_id_register_id_register",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_register_view_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_register_view"),
    )
    op.create_index(
        "ix_register_view_tenant_id_register_id", "register_view", ["tenant_id", "register_id"], unique=False
    )


def _create_record_reading() -> None:
    op.create_table(
        "record_reading",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose <> ''", name="ck_record_reading_reading_has_purpose"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reader_id"], ["user.tenant_id", "user.id"], name="fk_record_reading_tenant_id_reader_id_user"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "record_id"],
            ["register_record.tenant_id", "register_record.id"],
            name="fk_record_reading_tenant_id_record_id_register_record",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "register_id"],
            ["register.tenant_id", "register.id"],
            name="fk_record_reading_tenant_id_register_id_register",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_record_reading_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_record_reading"),
    )
    op.create_index(
        "ix_record_reading_tenant_id_register_id_read_at",
        "record_reading",
        ["tenant_id", "register_id", "read_at"],
        unique=False,
    )


def downgrade() -> None:
    for table in TENANT_OWNED[::-1]:
        op.drop_table(table)
