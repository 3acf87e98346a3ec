"""Keep which units a round assesses, and what a fact needs for conditions, shares and outside events.

Revises: 0009_job_reason
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0010_assessed_units"
down_revision = "0009_job_reason"
branch_labels = None
depends_on = None

FINAL = "('confirmed', 'published')"


def upgrade() -> None:
    _create_assessed_unit()
    for statement in protect("assessed_unit"):
        op.execute(statement)
    op.execute(grant("assessed_unit"))
    op.add_column("assessment_fact", sa.Column("out_of", sa.Numeric(), nullable=True))
    op.add_column("assessment_fact", sa.Column("noticed_on", sa.Date(), nullable=True))
    op.add_column("assessment_fact", sa.Column("exposed_on", sa.Date(), nullable=True))
    op.add_column("assessment_fact", sa.Column("document_name", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "assessment_fact", sa.Column("attributes", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.alter_column("assessment_fact", "document_name", server_default=None)
    op.alter_column("assessment_fact", "attributes", server_default=None)
    op.add_column("assessment_fact", sa.Column("withdrawn_by_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_assessment_fact_tenant_id_withdrawn_by_id_user",
        "assessment_fact",
        "user",
        ["tenant_id", "withdrawn_by_id"],
        ["tenant_id", "id"],
    )
    for table in ("assessment_result", "assessment_fact"):
        _keep_what_was_confirmed(table)


def _create_assessed_unit() -> None:
    op.create_table(
        "assessed_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("rechecked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rechecked_by_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(rechecked_at IS NULL) = (rechecked_by_id IS NULL)", name="ck_assessed_unit_rechecked_by_somebody"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_assessed_unit_tenant_id_tenant"),
        *(
            sa.ForeignKeyConstraint(
                ["tenant_id", column],
                [f"{target}.tenant_id", f"{target}.id"],
                name=f"fk_assessed_unit_tenant_id_{column}_{target}",
            )
            for column, target in (
                ("round_id", "assessment_round"),
                ("unit_id", "org_unit"),
                ("parent_id", "org_unit"),
                ("rechecked_by_id", "user"),
            )
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_assessed_unit"),
        sa.UniqueConstraint("tenant_id", "round_id", "unit_id", name="uq_assessed_unit_tenant_id_round_id_unit_id"),
    )


def _keep_what_was_confirmed(table: str) -> None:
    """Nothing may be added to, changed in or taken out of a round that was confirmed."""
    op.execute(f"""
        CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
        DECLARE
          concerned record;
        BEGIN
          concerned := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
          IF EXISTS (
            SELECT FROM assessment_round
            WHERE tenant_id = concerned.tenant_id AND id = concerned.round_id AND status IN {FINAL}
          ) THEN
            RAISE EXCEPTION 'a row of {table} of a confirmed round cannot be changed' USING ERRCODE = '23000';
          END IF;
          RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$
    """)
    op.execute(
        f"CREATE TRIGGER {table}_stays BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_stays()"
    )


def downgrade() -> None:
    for table in ("assessment_result", "assessment_fact"):
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
        op.execute(f"DROP FUNCTION {table}_stays()")
    op.drop_constraint("fk_assessment_fact_tenant_id_withdrawn_by_id_user", "assessment_fact")
    for column in ("withdrawn_by_id", "attributes", "document_name", "exposed_on", "noticed_on", "out_of"):
        op.drop_column("assessment_fact", column)
    op.drop_table("assessed_unit")
