"""Let the application have the statistics of units gathered after it wrote many: only their owner may do that.

Revises: 0018_days_of_collections
"""

from alembic import op

from saas.tenancy.rls import APP_ROLE

revision = "0019_statistics_of_units"
down_revision = "0018_days_of_collections"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION gather_unit_statistics() RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
        BEGIN
          ANALYZE org_unit, placement, unit_version;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION gather_unit_statistics() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION gather_unit_statistics() TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("DROP FUNCTION gather_unit_statistics()")
