"""Let collections have own days, events and sensitive periods, and tell people a thing only once.

Revises: 0017_share_of_a_county
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018_days_of_collections"
down_revision = "0017_share_of_a_county"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column, empty in (("own_days", "{}"), ("events", "[]")):
        op.add_column("collection", sa.Column(column, JSONB(), nullable=False, server_default=empty))
        op.alter_column("collection", column, server_default=None)
    op.add_column("collection", sa.Column("extends_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "fk_collection_tenant_id_extends_id_collection",
        "collection",
        "collection",
        ["tenant_id", "extends_id"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_collection_extension_ends"), "collection", "extends_id IS NULL OR ends_on IS NOT NULL"
    )
    op.add_column("notification", sa.Column("once_key", sa.Text(), nullable=True))
    op.create_unique_constraint(
        "uq_notification_tenant_id_user_id_once_key", "notification", ["tenant_id", "user_id", "once_key"]
    )


def downgrade() -> None:
    op.drop_constraint("uq_notification_tenant_id_user_id_once_key", "notification")
    op.drop_column("notification", "once_key")
    op.drop_constraint("ck_collection_extension_ends", "collection")
    op.drop_constraint("fk_collection_tenant_id_extends_id_collection", "collection")
    op.drop_column("collection", "extends_id")
    op.drop_column("collection", "events")
    op.drop_column("collection", "own_days")
