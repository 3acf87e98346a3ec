"""Approve forms, share lists of choices, ask back by field, compile, and take files in pieces.

Revises: 0020_registers
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from saas.tenancy.rls import grant, protect

revision = "0021_filling"
down_revision = "0020_registers"
branch_labels = None
depends_on = None

# What of a submission may not change once it is signed off.
SIGNED = (
    "form_version_id", "unit_id", "period_start", "period_end", "status", "answers", "is_not_applicable", "digest",
    "submitted_at",
)  # fmt: skip
ADDED = ("revision", "kind", "origins", "marks")
TENANT_OWNED = ("choice_list", "field_query", "compilation", "file_upload")


def upgrade() -> None:
    _create_choice_list()
    _create_field_query()
    _create_compilation()
    _create_file_upload()
    _add_columns()
    _approve_published_forms()
    op.execute(_submission_stays(SIGNED + ADDED))
    for table in TENANT_OWNED:
        for statement in protect(table):
            op.execute(statement)
        op.execute(grant(table))


def _create_choice_list() -> None:
    op.create_table(
        "choice_list",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("choices", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_choice_list_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_choice_list"),
        sa.UniqueConstraint("tenant_id", "code", name="uq_choice_list_tenant_id_code"),
    )


def _create_field_query() -> None:
    op.create_table(
        "field_query",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("shown_answer", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by_id IS NULL)", name="ck_field_query_answered_by_somebody"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "answered_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_field_query_tenant_id_answered_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "asked_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_field_query_tenant_id_asked_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "submission_id"],
            ["submission.tenant_id", "submission.id"],
            name="fk_field_query_tenant_id_submission_id_submission",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_field_query_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_field_query"),
    )
    op.create_index(
        "ix_field_query_tenant_id_submission_id", "field_query", ["tenant_id", "submission_id"], unique=False
    )


def _create_compilation() -> None:
    op.create_table(
        "compilation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("period_start", sa.Date(), nullable=False),
        sa.Column("period_end", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'submitted') = (submitted_at IS NOT NULL)", name="ck_compilation_submitted_has_time"
        ),
        sa.CheckConstraint(
            "(submitted_at IS NULL) = (submitted_by_id IS NULL)", name="ck_compilation_submitted_by_somebody"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "collection_id"],
            ["collection.tenant_id", "collection.id"],
            name="fk_compilation_tenant_id_collection_id_collection",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "submitted_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_compilation_tenant_id_submitted_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["org_unit.tenant_id", "org_unit.id"],
            name="fk_compilation_tenant_id_unit_id_org_unit",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_compilation_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_compilation"),
        sa.UniqueConstraint(
            "tenant_id",
            "collection_id",
            "unit_id",
            "period_start",
            name="uq_compilation_tenant_id_collection_id_unit_id_period_start",
        ),
    )


def _create_file_upload() -> None:
    op.create_table(
        "file_upload",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND size", name="ck_file_upload_received_within_size"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "created_by_id"],
            ["user.tenant_id", "user.id"],
            name="fk_file_upload_tenant_id_created_by_id_user",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["stored_file.tenant_id", "stored_file.id"],
            name="fk_file_upload_tenant_id_file_id_stored_file",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_file_upload_tenant_id_tenant"),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_file_upload"),
        sa.UniqueConstraint("tenant_id", "created_by_id", "token", name="uq_file_upload_tenant_id_created_by_id_token"),
    )
    op.create_index("ix_file_upload_tenant_id_created_at", "file_upload", ["tenant_id", "created_at"], unique=False)


def _add_columns() -> None:
    op.add_column("form_definition", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("form_definition", sa.Column("approved_by_id", sa.Uuid(), nullable=True))
    op.add_column("form_definition", sa.Column("approval_number", sa.Text(), nullable=False, server_default=""))
    op.alter_column("form_definition", "approval_number", server_default=None)
    op.add_column("form_definition", sa.Column("approved_fields", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("form_definition", "approved_fields", server_default=None)
    op.create_foreign_key(
        "fk_form_definition_tenant_id_approved_by_id_user",
        "form_definition",
        "user",
        ["tenant_id", "approved_by_id"],
        ["tenant_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_form_definition_approved_by_somebody"),
        "form_definition",
        "(approved_at IS NULL) = (approved_by_id IS NULL)",
    )
    op.add_column("collection", sa.Column("filled_by", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("collection", "filled_by", server_default=None)
    op.add_column("collection", sa.Column("compiling", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("collection", "compiling", server_default=None)
    op.add_column("submission", sa.Column("kind", sa.String(40), nullable=False, server_default="original"))
    op.alter_column("submission", "kind", server_default=None)
    op.add_column("submission", sa.Column("origins", postgresql.JSONB(), nullable=False, server_default="{}"))
    op.alter_column("submission", "origins", server_default=None)
    op.add_column("submission", sa.Column("marks", postgresql.JSONB(), nullable=False, server_default="[]"))
    op.alter_column("submission", "marks", server_default=None)


def _approve_published_forms() -> None:
    """What is being asked already goes on: published forms count as approved by who published them."""
    for table in ("form_definition", "form_version"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")  # so that the owner sees the rows
    op.execute("""
        UPDATE form_definition AS form SET approved_at = v.published_at, approved_by_id = v.published_by_id,
          approved_fields = 1000
        FROM form_version AS v
        WHERE v.tenant_id = form.tenant_id AND v.form_id = form.id AND v.status = 'published'
          AND v.published_by_id IS NOT NULL
    """)
    for table in ("form_definition", "form_version"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _submission_stays(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"""
        CREATE OR REPLACE FUNCTION submission_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
        BEGIN
          IF OLD.status = 'signed_off' THEN
            IF TG_OP = 'DELETE' THEN
              RAISE EXCEPTION 'a final row of submission cannot be deleted' USING ERRCODE = '23000';
            ELSIF ROW({new}) IS DISTINCT FROM ROW({old}) THEN
              RAISE EXCEPTION 'a final row of submission cannot be changed' USING ERRCODE = '23000';
            END IF;
          END IF;
          RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END $$
    """


def downgrade() -> None:
    op.execute(_submission_stays(SIGNED))
    op.drop_column("submission", "marks")
    op.drop_column("submission", "origins")
    op.drop_column("submission", "kind")
    op.drop_column("collection", "compiling")
    op.drop_column("collection", "filled_by")
    op.drop_constraint("ck_form_definition_approved_by_somebody", "form_definition")
    op.drop_constraint("fk_form_definition_tenant_id_approved_by_id_user", "form_definition")
    op.drop_column("form_definition", "approved_fields")
    op.drop_column("form_definition", "approval_number")
    op.drop_column("form_definition", "approved_by_id")
    op.drop_column("form_definition", "approved_at")
    for table in TENANT_OWNED[::-1]:
        op.drop_table(table)
