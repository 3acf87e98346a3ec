"""The published schemas are those of the models that read packs."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from saas.tenancy.pack_json_schema import schema_files

PUBLISHED = Path(__file__).parents[2] / "docs/pack-schema"


def test_the_published_schemas_are_what_the_models_say() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in PUBLISHED.glob("*.json")}

    assert written == schema_files(), "run `flask packs schema` and commit what it writes"


def test_a_schema_knows_every_key_of_a_shipped_pack_and_no_other() -> None:
    head = json.loads(schema_files()["pack.schema.json"])
    shipped = tomllib.loads((PUBLISHED.parents[1] / "tenants/rural-county/pack.toml").read_text(encoding="utf-8"))

    assert set(shipped) <= set(head["properties"])
    assert head["additionalProperties"] is False
    assert {"schema", "version", "kind", "name"} <= set(head["required"])


def test_the_tables_are_described_without_what_their_writer_does_not_write() -> None:
    tables = json.loads(schema_files()["org.schema.json"])["tables"]

    assert "line" not in tables["units"]["properties"]
    assert tables["placements"]["required"] == ["hierarchy", "unit", "starts_on"]
