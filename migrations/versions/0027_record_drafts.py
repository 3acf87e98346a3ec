"""Keep what somebody types of a record until it is sent.

Revises: 0026_reports_beside
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0027_record_drafts"
down_revision = "0026_reports_beside"
branch_labels = None
depends_on = None

TABLE = "record_draft"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("writer_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("typed", postgresql.JSONB(), nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "register_id"],
            ["register.tenant_id", "register.id"],
            name="fk_record_draft_tenant_id_register_id_register",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_record_draft_tenant_id_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_record_draft_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "writer_id"], ["user.tenant_id", "user.id"], name="fk_record_draft_tenant_id_writer_id_user"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_record_draft"),
        sa.UniqueConstraint(
            "tenant_id", "writer_id", "record_id", name="uq_record_draft_tenant_id_writer_id_record_id"
        ),
    )
    for statement in protect(TABLE):
        op.execute(statement)
    op.execute(grant(TABLE))


def downgrade() -> None:
    op.drop_table(TABLE)
