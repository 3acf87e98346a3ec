"""The JSON Schemas of the files of packs, for editors that check while one types (TOML: `#:schema` in the first line).

They are made from the models that read the files. What the domain reads itself (forms, routes, targets, schemes,
windows, cohorts) has its format in docs/; here it is any table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from saas.tenancy.pack_content import CollectionTable, History, PlanTable
from saas.tenancy.pack_registers import RegisterTable
from saas.tenancy.pack_schema import (
    AttributeRow,
    LinkRow,
    PackHead,
    PersonRow,
    PostRow,
    UnitRow,
    UnitTypeRow,
)
from saas.tenancy.pack_structure import (
    BodyTable,
    BodyTemplateTable,
    CohortTable,
    FunctionRow,
    HierarchyRow,
    LinkKindRow,
    PlacementRow,
    PostTemplateRow,
)

_CLOSED = ConfigDict(extra="forbid")
_TABLES: Mapping[str, type[BaseModel]] = {
    "unit_types": UnitTypeRow,
    "attributes": AttributeRow,
    "units": UnitRow,
    "posts": PostRow,
    "people": PersonRow,
    "links": LinkRow,
    "post_templates": PostTemplateRow,
    "hierarchies": HierarchyRow,
    "placements": PlacementRow,
    "functions": FunctionRow,
    "link_kinds": LinkKindRow,
}


def _listed(name: str, **lists: type[BaseModel]) -> type[BaseModel]:
    fields: dict[str, Any] = {key: (list[model], []) for key, model in lists.items()}  # type: ignore[valid-type]
    return create_model(name, __config__=_CLOSED, **fields)


_FILES: Mapping[str, type[BaseModel]] = {
    "pack": PackHead,
    "plan": PlanTable,
    "history": History,
    "register": RegisterTable,
    "collections": _listed("Collections", collections=CollectionTable),
    "cohorts": _listed("Cohorts", cohorts=CohortTable),
    "bodies": _listed("Bodies", templates=BodyTemplateTable, bodies=BodyTable),
}


def schema_files() -> dict[str, str]:
    """The text of every schema by the name of its file. `org.schema.json` has the columns of each table of org/."""
    found = {f"{name}.schema.json": _text(model.model_json_schema(by_alias=True)) for name, model in _FILES.items()}
    tables = {name: _without_line(model.model_json_schema()) for name, model in _TABLES.items()}
    found["org.schema.json"] = _text({"title": "org/*.csv", "description": "一行的各列", "tables": tables})
    return dict(sorted(found.items()))


def _without_line(schema: dict[str, Any]) -> dict[str, Any]:
    """A row knows its line; whoever writes it does not."""
    schema["properties"].pop("line")
    schema["required"] = [name for name in schema["required"] if name != "line"]
    return schema


def _text(schema: Mapping[str, Any]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **schema}, ensure_ascii=False, indent=2) + "\n"
