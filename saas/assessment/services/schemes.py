"""Versions of schemes: a new one from a file, in force from a period on."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from saas.assessment.models import AssessmentScheme, SchemeVersion
from saas.assessment.queries.rounds import list_versions
from saas.audit.services import AuditAction, HasId, record
from saas.db import db, local_today, new_id, utc_now
from saas.domain.canonical_json import digest, plain
from saas.domain.cohorts import Cohort, cohort_to_mapping
from saas.domain.scheme import SchemeError
from saas.domain.scheme_reading import scheme_from_mapping
from saas.domain.scheme_writing import scheme_to_mapping
from saas.forms.models import VersionStatus
from saas.org.cohorts import check_cohort

MAX_FILE = 512 * 1024  # bytes
_APPLICATION = "application"  # of a pack: who is assessed and how often; not part of the rules


def publish_version(scheme: AssessmentScheme, content: bytes, effective_from: date, *, actor: HasId) -> SchemeVersion:
    """Publish the rules in a file as the next version; rounds that began before keep theirs.

    Raises SchemeError with the place of a mistake, if the file belongs to another scheme, or if nothing changed.
    """
    rules = scheme_from_mapping(_read(content))
    if rules.code != scheme.code:
        raise SchemeError("code", "文件的编码“{code}”与本办法“{own}”不同", code=rules.code, own=scheme.code)
    db.session.scalars(select(AssessmentScheme).where(AssessmentScheme.id == scheme.id).with_for_update()).one()
    versions = list_versions(scheme.id)
    definition = plain(scheme_to_mapping(rules))
    if versions and versions[0].digest == digest(definition):
        raise SchemeError("", "与第 {number} 版相同，没有变化", number=versions[0].number)
    version = SchemeVersion(
        id=new_id(),
        scheme_id=scheme.id,
        number=versions[0].number + 1 if versions else 1,
        status=VersionStatus.PUBLISHED,
        effective_from=effective_from,
        definition=definition,
        digest=digest(definition),
        published_at=utc_now(),
        published_by_id=actor.id,
    )
    scheme.name = rules.title
    db.session.add(version)
    db.session.flush()
    record(AuditAction.SCHEME_PUBLISHED, version, actor=actor, number=version.number, digest=version.digest)
    return version


def choose_cohort(scheme: AssessmentScheme, code: str, *, actor: HasId) -> None:
    """Let a scheme assess the units of a named cohort (单位名册), from the next round on.

    Raises CohortError if nobody has defined it.
    """
    cohort = Cohort(cohorts=(code,))
    check_cohort(cohort, local_today())
    scheme.cohort = cohort_to_mapping(cohort)
    record(AuditAction.COHORT_CHANGED, scheme, actor=actor, change="chosen", code=code)
    db.session.flush()


def _read(content: bytes) -> dict[str, object]:
    if len(content) > MAX_FILE:
        raise SchemeError("", "文件超过 {limit} KB", limit=MAX_FILE // 1024)
    try:
        mapping = tomllib.loads(content.decode("utf-8-sig"), parse_float=Decimal)
    except UnicodeDecodeError:
        raise SchemeError("", "文件不是 UTF-8 编码的文本") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SchemeError("", "文件不是有效的 TOML：{detail}", detail=str(error)) from None
    mapping.pop(_APPLICATION, None)
    return mapping
