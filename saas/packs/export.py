"""A county as a pack (导出配置包): readable files that say what the county is, and nothing of what it did.

Read again and compared with the same county they change nothing. Left out: accounts' passwords, people unless asked
for, what is closed or retired, and drafts of what is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from saas.db import db, local_today
from saas.files.services import read_file
from saas.packs.county import County
from saas.packs.export_configuration import configuration_files
from saas.packs.export_organisation import organisation_files
from saas.packs.export_reading import Reading
from saas.packs.services import find_root_code, get_county
from saas.packs.settings import DOCUMENT_WORD, find_seal
from saas.packs.toml_writing import toml_text
from saas.tenancy.models import TenantSettings
from saas.tenancy.pack_schema import SCHEMA_VERSION

SEAL = "assets/seal.png"


@dataclass(frozen=True, slots=True)
class ExportedPack:
    """The files of a pack by their paths."""

    name: str
    texts: Mapping[str, str]
    assets: Mapping[str, bytes]

    def save(self, folder: Path) -> None:
        """Write the files into a folder that is made if need be. What lies there already is replaced or stays."""
        for name, text in self.texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        for name, content in self.assets.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def export_pack(*, with_people: bool = False) -> ExportedPack:
    """Read the bound county as a pack. Raises LookupError for a county without a root unit."""
    root = find_root_code()
    if root is None:
        raise LookupError("the county has no root unit yet: there is nothing to export")
    reading = Reading(County(), local_today(), root, with_people)
    seal = find_seal(db.session.scalars(select(TenantSettings)).one())
    assets = {SEAL: read_file(seal)} if seal is not None else {}
    texts = {"pack.toml": _head(reading, has_seal=bool(assets))}
    texts.update(organisation_files(reading))
    texts.update(configuration_files(reading))
    return ExportedPack(get_county().slug, {name: text for name, text in texts.items() if text}, assets)


def _head(reading: Reading, *, has_seal: bool) -> str:
    county, settings = get_county(), reading.county.rows(TenantSettings)[0]
    details = settings["details"]
    plan = reading.latest_plans()
    head: dict[str, Any] = {
        "schema": SCHEMA_VERSION,
        "version": "1.0",
        "kind": "county",
        "name": county.slug,
        "title": f"{county.name}配置包",
        "description": f"{reading.today.isoformat()} 从系统导出。",
        "topic": (plan[0]["topic"] if plan else "") or "县级配置",
    }
    if details.get("government"):
        head["county"] = {"name": county.name, "slug": county.slug, "government": details["government"]}
    if settings["letterhead"] and settings["agency_code"] and settings["issuing_unit_name"]:
        head["branding"] = _branding(settings, reading, has_seal=has_seal)
    head["calendar"] = {"units_valid_from": reading.since(), "reminder_days": details.get("reminder_days")}
    head["notes"] = {key: texts for key, texts in details.get("notes", {}).items() if texts}
    return toml_text(_under_headers(head), comment="配置包说明。格式见 docs/packs.md。")


def _under_headers(head: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in head.items() if value != {}}


def _branding(settings: Mapping[str, Any], reading: Reading, *, has_seal: bool) -> dict[str, Any]:
    details = settings["details"]
    word = DOCUMENT_WORD if details.get("has_document_word") else ""
    return {
        "letterhead": settings["letterhead"] + word,
        "agency_code": settings["agency_code"],
        "bulletin_agency_code": details.get("bulletin_agency_code"),
        "issuing_unit": reading.known_code(details.get("issuing_unit")) or reading.root,
        "signature_name": settings["issuing_unit_name"],
        "printing_name": settings["printing_unit_name"] or None,
        "addressees": details.get("addressees"),
        "copied_to": settings["copied_to"] or None,
        "seal": SEAL if has_seal else None,
    }
