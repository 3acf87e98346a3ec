"""The database itself refuses to change what was signed, published or issued.

Revises: 0006_assessment
"""

from alembic import op

revision = "0007_what_is_signed_stays"
down_revision = "0006_assessment"
branch_labels = None
depends_on = None

# Table → (when a row is final, the columns that then may not change).
FINAL = {
    "submission": (
        "OLD.status = 'signed_off'",
        "form_version_id, unit_id, period_start, period_end, status, answers, is_not_applicable, digest, submitted_at",
    ),
    "form_version": ("OLD.published_at IS NOT NULL", "form_id, number, definition, digest"),
    "scheme_version": ("OLD.published_at IS NOT NULL", "scheme_id, number, definition, digest, effective_from"),
    "document": ("OLD.number IS NOT NULL", "kind, title, number, issued_on, content, digest"),
    "plan": (
        "OLD.status IN ('signed', 'issued')",
        "code, unit_id, title, basis, goals, starts_on, ends_on, digest, signed_at",
    ),
    "assessment_round": ("OLD.status = 'published'", "scheme_version_id, period_start, period_end, status, digest"),
}


def upgrade() -> None:
    for table, (is_final, columns) in FINAL.items():
        old = ", ".join(f"OLD.{column.strip()}" for column in columns.split(","))
        new = ", ".join(f"NEW.{column.strip()}" for column in columns.split(","))
        op.execute(f"""
            CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
            BEGIN
              IF {is_final} THEN
                IF TG_OP = 'DELETE' THEN
                  RAISE EXCEPTION 'a final row of {table} cannot be deleted' USING ERRCODE = '23000';
                ELSIF ROW({new}) IS DISTINCT FROM ROW({old}) THEN
                  RAISE EXCEPTION 'a final row of {table} cannot be changed' USING ERRCODE = '23000';
                END IF;
              END IF;
              RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
            END $$
        """)
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_stays()"
        )


def downgrade() -> None:
    for table in FINAL:
        op.execute(f"DROP TRIGGER {table}_stays ON {table}")
        op.execute(f"DROP FUNCTION {table}_stays()")
