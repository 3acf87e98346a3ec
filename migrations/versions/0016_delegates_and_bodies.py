"""Keep for whom a delegate decided, and when and on what basis a body was established.

Revises: 0015_operator
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_delegates_and_bodies"
down_revision = "0015_operator"
branch_labels = None
depends_on = None

PEOPLE = (("review_decision", "acting_for_id"), ("body", "established_by_id"))


def upgrade() -> None:
    op.add_column("review_decision", sa.Column("acting_for_id", sa.Uuid(), nullable=True))
    op.add_column("review_decision", sa.Column("acting_for_name", sa.Text(), nullable=False, server_default=""))
    op.alter_column("review_decision", "acting_for_name", server_default=None)
    op.add_column("body", sa.Column("basis", sa.Text(), nullable=False, server_default=""))
    op.alter_column("body", "basis", server_default=None)
    op.add_column("body", sa.Column("established_on", sa.Date(), nullable=True))
    op.add_column("body", sa.Column("established_by_id", sa.Uuid(), nullable=True))
    for table, column in PEOPLE:
        op.create_foreign_key(
            f"fk_{table}_tenant_id_{column}_user", table, "user", ["tenant_id", column], ["tenant_id", "id"]
        )
    op.create_check_constraint(
        op.f("ck_body_established_by_somebody"), "body", "(established_on IS NULL) = (established_by_id IS NULL)"
    )


def downgrade() -> None:
    op.drop_constraint("ck_body_established_by_somebody", "body")
    for table, column in PEOPLE:
        op.drop_constraint(f"fk_{table}_tenant_id_{column}_user", table)
        op.drop_column(table, column)
    op.drop_column("body", "established_on")
    op.drop_column("body", "basis")
    op.drop_column("review_decision", "acting_for_name")
