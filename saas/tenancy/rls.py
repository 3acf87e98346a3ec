"""The wall between tenants, as statements for migrations: row-level security with a restrictive guard."""

from __future__ import annotations

APP_ROLE = "jiceng_app"
OWNER_ROLE = "jiceng_owner"
RECONCILER_ROLE = "jiceng_reconciler"

# Wrapped in SELECT so that it is computed once a statement; nullif, because a used-up setting reads as ''.
SAME_TENANT = "tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)"


def protect(table: str) -> list[str]:
    """Return the statements that put a tenant-owned table behind the wall."""
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY {table}_tenant ON "{table}" TO {APP_ROLE} USING ({SAME_TENANT}) WITH CHECK ({SAME_TENANT})',
        # Permissive policies are OR-ed: the restrictive twin keeps a later, careless one from opening the table.
        (
            f'CREATE POLICY {table}_guard ON "{table}" AS RESTRICTIVE TO {APP_ROLE} '
            f"USING ({SAME_TENANT}) WITH CHECK ({SAME_TENANT})"
        ),
    ]


def grant(table: str, privileges: str = "SELECT, INSERT, UPDATE, DELETE") -> str:
    """Return the statement that lets the application role work on a table. Audit rows are only ever added."""
    return f'GRANT {privileges} ON "{table}" TO {APP_ROLE}'
