"""Planning how a county presents itself: what its documents carry, and what its pack leaves open."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select

from saas.audit.services import HasId
from saas.db import db
from saas.domain.canonical_json import digest, plain
from saas.files.checks import FileType
from saas.files.models import StoredFile
from saas.files.services import store_bytes
from saas.packs.county import Desk, Stored
from saas.tenancy.models import TenantSettings
from saas.tenancy.pack_schema import PackHead
from saas.tenancy.packs import Pack

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
    values: dict[str, Any] = {**texts}
    if details:
        known = stored["details"] if stored else {}
        unsaid = {**_UNSAID, "issuing_unit": desk.pack.root, "bulletin_agency_code": texts.get("agency_code", "")}
        said = {key: value for key, value in details.items() if key in known or value != unsaid.get(key)}
        values["details"] = {**known, **said} if stored else details
    if stored is None:
        values.update(_origin(head))
    desk.ledger.put(TenantSettings, stored, LABEL, values)


def plan_origin(desk: Desk) -> None:
    """Note which pack describes the county, if it has changed anything."""
    stored = next(iter(desk.county.rows(TenantSettings)), None)
    if stored is not None and desk.ledger.changes and not desk.is_starter:
        earlier = next((c for c in desk.ledger.changes if c.model is TenantSettings), None)
        if earlier is None:
            desk.ledger.put(TenantSettings, stored, LABEL, _origin(desk.pack.head))
        elif earlier.before is not None and earlier.after is not None:
            origin = {key: value for key, value in _origin(desk.pack.head).items() if stored[key] != value}
            earlier.after.update(origin)
            earlier.before.update({key: stored[key] for key in origin})


def _origin(head: PackHead) -> dict[str, Any]:
    return {"pack_name": head.name, "pack_digest": digest(head.model_dump(mode="json"))}


_UNSAID: dict[str, Any] = {
    "addressees": "",
    "has_document_word": False,
    "government": "",
    "reminder_days": [3, 1],
    "notes": {"sources": [], "chosen": [], "undetermined": []},
}
"""What a county that has never said otherwise does: no reason to write it down."""


def _texts(head: PackHead) -> dict[str, Any]:
    branding = head.branding
    if branding is None:
        return {}
    return {
        "letterhead": branding.letterhead.removesuffix(DOCUMENT_WORD),
        "issuing_unit_name": branding.signature_name,
        "printing_unit_name": branding.printing_name or branding.signature_name,
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


def keep_seal(pack: Pack, actor: HasId | None) -> None:
    """Keep the image of the seal among the county's files, once."""
    branding = pack.head.branding
    settings = db.session.scalars(select(TenantSettings)).one()
    if branding is None or not branding.seal or "seal_digest" not in settings.details or find_seal(settings):
        return
    store_bytes(
        pack.assets[branding.seal],
        name="seal",
        media_type=FileType.PNG,
        subject_type=TenantSettings.__tablename__,
        subject_id=settings.id,
        actor=actor,
    )


def find_seal(settings: TenantSettings) -> StoredFile | None:
    """The image of the seal that the settings name, or None."""
    wanted = settings.details.get("seal_digest")
    if wanted is None:
        return None
    return db.session.scalars(
        select(StoredFile)
        .where(StoredFile.subject_id == settings.id, StoredFile.digest == wanted)
        .order_by(StoredFile.id)
        .limit(1)
    ).one_or_none()
