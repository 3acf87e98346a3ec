"""Keep imports on their way, and what applying a pack changed.

Revises: 0013_bodies_and_delegation
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0014_imports_and_pack_history"
down_revision = "0013_bodies_and_delegation"
branch_labels = None
depends_on = None

TENANT_OWNED = ("data_import", "pack_application")


def upgrade() -> None:
    _create_data_import()
    _create_pack_application()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))


def _create_data_import() -> None:
    op.create_table(
        "data_import",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("source_file_id", sa.Uuid(), nullable=True),
        sa.Column("marked_file_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by_id", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'applied') = (applied_at IS NOT NULL)", name="ck_data_import_applied_has_time"),
        sa.CheckConstraint("(applied_at IS NULL) = (applied_by_id IS NULL)", name="ck_data_import_applied_by_somebody"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "applied_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_data_import_tenant_id_applied_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_data_import_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "marked_file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name="fk_data_import_tenant_id_marked_file_id_stored_file",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "source_file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name="fk_data_import_tenant_id_source_file_id_stored_file",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_data_import_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_data_import"),
    )
    op.create_index(
        "ix_data_import_tenant_id_kind_created_at", "data_import", ["tenant_id", "kind", "created_at"], unique=False
    )


def _create_pack_application() -> None:
    op.create_table(
        "pack_application",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("pack_version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("applied_by_id", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rolled_back_by_id", sa.Uuid(), nullable=True),
        sa.Column("rolled_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(rolled_back_at IS NULL) OR (rolled_back_at >= applied_at)", name="ck_pack_application_rolled_back_later"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "applied_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_pack_application_tenant_id_applied_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rolled_back_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_pack_application_tenant_id_rolled_back_by_id_user",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_pack_application_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_pack_application"),
    )
    op.create_index("uq_pack_application_tenant_id_number", "pack_application", ["tenant_id", "number"], unique=True)


def downgrade() -> None:
    for table in TENANT_OWNED[::-1]:
        op.drop_table(table)
