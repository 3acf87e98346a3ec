"""Bulletins (通报): a draft to look at, and the issued one together with publishing."""

from __future__ import annotations

from saas.assessment.bulletin import build_bulletin
from saas.assessment.models import AssessmentRound
from saas.assessment.services.confirming import check_frozen, publish_round
from saas.assessment.services.reporting import bulletin_content
from saas.audit.services import HasId
from saas.db import local_today
from saas.documents.models import Document
from saas.documents.services import county_settings, request_document
from saas.domain.workflow import RoundStatus
from saas.org.queries import find_unit_by_code, get_root_unit

KIND = "bulletin"


def publish_with_bulletin(assessed: AssessmentRound, *, actor: HasId) -> Document:
    """Publish the results and issue their bulletin: both or neither."""
    published = publish_round(assessed, actor=actor)
    document = _request(published, actor, issue=True)
    published.document_id = document.id
    return document


def request_draft(assessed: AssessmentRound, *, actor: HasId) -> Document:
    """Ask for the bulletin as a draft: without number and date, to be looked at before it is issued."""
    if assessed.status in (RoundStatus.CONFIRMED, RoundStatus.PUBLISHED):
        check_frozen(assessed)
    return _request(assessed, actor, issue=False)


def _request(assessed: AssessmentRound, actor: HasId, *, issue: bool) -> Document:
    settings = county_settings()
    code = settings.details.get("bulletin_agency_code") or settings.agency_code
    issuing = find_unit_by_code(settings.details.get("issuing_unit") or "") or get_root_unit(local_today())
    return request_document(
        build_bulletin(bulletin_content(assessed, settings)),
        kind=KIND,
        subject_type="assessment_round",
        subject_id=assessed.id,
        unit_id=issuing.id,
        actor=actor,
        issue=issue,
        agency_code=code,
    )
