"""Planning how a county presents itself: what its documents carry, and what its pack leaves open."""

from __future__ import annotations

import hashlib
from typing import Any

from saas.domain.canonical_json import digest, plain
from saas.packs.county import Desk, Stored
from saas.tenancy.models import TenantSettings
from saas.tenancy.pack_schema import PackHead

DOCUMENT_WORD = "文件"
LABEL = "县级设置"


def plan_settings(desk: Desk) -> None:
    """Put down the branding. A starter pack fills what the county has left empty and changes nothing."""
    stored = next(iter(desk.county.rows(TenantSettings)), None)
    head = desk.pack.head
    texts, details = _texts(head), _details(desk)
    if desk.is_starter:
        _fill_empty(desk, stored, texts, details)
        return
    values: dict[str, Any] = {**texts, "pack_name": head.name, "pack_digest": digest(head.model_dump(mode="json"))}
    if details:
        values["details"] = {**(stored["details"] if stored else {}), **details}
    desk.ledger.put(TenantSettings, stored, LABEL, values)


def _texts(head: PackHead) -> dict[str, Any]:
    branding = head.branding
    if branding is None:
        return {}
    return {
        "letterhead": branding.letterhead.removesuffix(DOCUMENT_WORD),
        "issuing_unit_name": branding.signature_name,
        "printing_unit_name": branding.signature_name,
        "agency_code": branding.agency_code,
        "copied_to": list(branding.copied_to),
    }


def _details(desk: Desk) -> dict[str, Any]:
    head = desk.pack.head
    branding = head.branding
    if branding is None:
        return {}
    details: dict[str, Any] = plain(
        {
            "bulletin_agency_code": branding.bulletin_agency_code or branding.agency_code,
            "issuing_unit": branding.issuing_unit,
            "addressees": branding.addressees,
            "has_document_word": branding.letterhead.endswith(DOCUMENT_WORD),
            "government": head.county.government if head.county else "",
            "reminder_days": list(head.calendar.reminder_days),
            "notes": head.notes.model_dump(mode="json"),
        }
    )
    if branding.seal:
        details["seal_digest"] = hashlib.sha256(desk.pack.assets[branding.seal]).hexdigest()
    return details


def _fill_empty(desk: Desk, stored: Stored | None, texts: dict[str, Any], details: dict[str, Any]) -> None:
    has = stored or {}
    missing = {key: value for key, value in texts.items() if not has.get(key)}
    known_details = has.get("details", {})
    more = {key: value for key, value in details.items() if key not in known_details and key != "notes"}
    if more:
        missing["details"] = {**known_details, **more}
    if missing:
        desk.ledger.put(TenantSettings, stored, LABEL, missing, ours=False)
    differing = [key for key, value in texts.items() if has.get(key) and has[key] != value]
    if differing:
        desk.ledger.keep(TenantSettings, LABEL, "公文版头、机关代字等保留本县的设置")
