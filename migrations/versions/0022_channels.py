"""Tell people outside the inbox: e-mail and group robots.

Revises: 0021_filling
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0022_channels"
down_revision = "0021_filling"
branch_labels = None
depends_on = None

TENANT_OWNED = ("channel", "delivery")


def upgrade() -> None:
    _create_channel()
    _create_delivery()
    _add_columns()
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))


def _create_channel() -> None:
    op.create_table(
        "channel",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.JSONB(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_channel_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_channel_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_channel_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_channel"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_channel_tenant_id_name"),
    )


def _create_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("once_key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="ck_delivery_sent_has_time"),
        sa.CheckConstraint("(channel_id IS NULL) <> (user_id IS NULL)", name="ck_delivery_to_channel_or_person"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "channel_id"],
            ["channel.tenant_id", "channel.id"],
            name="fk_delivery_tenant_id_channel_id_channel",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["user.tenant_id", "user.id"], name="fk_delivery_tenant_id_user_id_user"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_delivery_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_delivery"),
        sa.UniqueConstraint("tenant_id", "once_key", name="uq_delivery_tenant_id_once_key"),
    )
    op.create_index(
        "ix_delivery_tenant_id_channel_id_created_at",
        "delivery",
        ["tenant_id", "channel_id", "created_at"],
        unique=False,
    )
    op.create_index("ix_delivery_tenant_id_status", "delivery", ["tenant_id", "status"], unique=False)


def _add_columns() -> None:
    op.add_column("user", sa.Column("email", sa.Text(), nullable=False, server_default=""))
    op.alter_column("user", "email", server_default=None)


def downgrade() -> None:
    op.drop_column("user", "email")
    for table in TENANT_OWNED[::-1]:
        op.drop_table(table)
