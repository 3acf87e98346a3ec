"""Applying a pack to a county. May be run again: it says what was new. Never commits."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from saas.audit.services import AuditAction, record
from saas.db import db
from saas.domain.canonical_json import digest, plain
from saas.packs.configuration import apply_configuration, find_office_user
from saas.packs.organisation import apply_organisation
from saas.tenancy.models import TenantSettings
from saas.tenancy.pack_schema import PackHead
from saas.tenancy.packs import Pack

DOCUMENT_WORD = "文件"


def apply_pack(pack: Pack, *, first_password: str, must_change_password: bool = True) -> Mapping[str, int]:
    """Apply a pack to the bound county, all or nothing. Return how many things of each kind are new."""
    _apply_settings(pack.head)
    directory = apply_organisation(
        pack.organisation,
        valid_from=pack.head.calendar.units_valid_from,
        first_password=first_password,
        must_change_password=must_change_password,
    )
    apply_configuration(pack.configuration, directory)
    settings = db.session.scalars(select(TenantSettings)).one()
    record(AuditAction.PACK_APPLIED, settings, actor=find_office_user(), pack=pack.head.name, new=directory.counts)
    return directory.counts


def _apply_settings(head: PackHead) -> None:
    settings = db.session.scalars(select(TenantSettings)).one_or_none()
    if settings is None:
        settings = TenantSettings()
        db.session.add(settings)
    branding, county = head.branding, head.county
    if branding is not None:
        settings.letterhead = branding.letterhead.removesuffix(DOCUMENT_WORD)
        settings.issuing_unit_name = branding.signature_name
        settings.printing_unit_name = branding.signature_name
        settings.agency_code = branding.agency_code
        settings.copied_to = list(branding.copied_to)
        settings.details = plain(
            {
                "bulletin_agency_code": branding.bulletin_agency_code or branding.agency_code,
                "issuing_unit": branding.issuing_unit,
                "addressees": branding.addressees,
                "has_document_word": branding.letterhead.endswith(DOCUMENT_WORD),
                "government": county.government if county else "",
                "reminder_days": list(head.calendar.reminder_days),
                "notes": head.notes.model_dump(mode="json"),
            }
        )
    settings.pack_name = head.name
    settings.pack_digest = digest(head.model_dump(mode="json"))
    db.session.flush()
