"""Let the planner know how large a county is, in the tables of which every county has rows.

Behind a sub-select the planner takes every county for an average one. Among thousands of empty counties that is one
row, and a full county's pages are planned as if there were nothing to join.

Revises: 0016_delegates_and_bodies
"""

from alembic import op

from saas.tenancy.rls import compare_once, compare_plainly

revision = "0017_share_of_a_county"
down_revision = "0016_delegates_and_bodies"
branch_labels = None
depends_on = None

OF_EVERY_COUNTY = (
    "tenant_settings",
    "unit_type",
    "hierarchy",
    "org_unit",
    "unit_version",
    "placement",
    "post",
    "user",
    "appointment",
)


def upgrade() -> None:
    for table in OF_EVERY_COUNTY:
        for statement in compare_plainly(table):
            op.execute(statement)


def downgrade() -> None:
    for table in OF_EVERY_COUNTY:
        for statement in compare_once(table):
            op.execute(statement)
