"""Two counties filled with everything: at least one row in every table that belongs to a county."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, SignInAttempt, User, UserSession
from saas.accounts.services import token_digest
from saas.assessment.models import AssessmentFact, AssessmentRound, AssessmentScheme
from saas.assessment.queries.rounds import list_assessed, rules_of_round
from saas.assessment.services.computing import compute_round
from saas.assessment.services.rounds import start_round
from saas.audit.services import AuditAction, record
from saas.db import Base, db, local_today, new_id, utc_now
from saas.documents.models import Document, DocumentStatus
from saas.documents.pdf import render_pdf
from saas.documents.services import deployment_fonts, request_document
from saas.domain.official_document import from_json
from saas.domain.periods import Cadence, period_of
from saas.domain.workflow import SubmissionStatus
from saas.files.checks import FileType
from saas.files.services import store_bytes
from saas.forms.models import FormDefinition, FormVersion, VersionStatus
from saas.forms.services import start_draft
from saas.notifications.services import notify
from saas.org.models import OrgUnit, Post, UnitType
from saas.packs.services import apply_pack
from saas.plans.models import Plan, PlanTask, PlanTaskPart, PlanTaskUnit, TaskReport
from saas.review.services import start_case
from saas.submissions.models import Collection, CollectionWindow, Submission
from saas.submissions.queries import get_way_of
from saas.submissions.services import frozen_content
from saas.targets.models import Target, TargetValue
from saas.tenancy.models import SentForm, Tenant
from saas.tenancy.scope import tenant_scope
from tests.documents.samples import short_bulletin
from tests.factories import PASSWORD
from tests.files.samples import picture
from tests.isolation.county_filling import rows_of_filling
from tests.isolation.county_organisation import rows_of_the_organisation
from tests.isolation.marking import marked, small_county


@dataclass(frozen=True)
class Person:
    """Somebody with one role only, and a session."""

    id: uuid.UUID
    token: str


@dataclass(frozen=True)
class FilledCounty:
    """A county with rows everywhere. `word` is in every text of it and nowhere else."""

    tenant_id: uuid.UUID
    slug: str
    word: str
    people: Mapping[Role, Person]
    verify_code: str

    def ids(self, table: Table) -> Sequence[uuid.UUID]:
        with tenant_scope(self.tenant_id):
            return db.session.execute(select(table.c.id).order_by(table.c.id)).scalars().all()


def owned_tables() -> list[Table]:
    """Every table whose rows belong to a county."""
    return [table for table in Base.metadata.sorted_tables if "tenant_id" in table.c and "id" in table.c]


def fill_county(slug: str, folder: str, word: str) -> FilledCounty:
    """Fill an existing, empty county from a demonstration pack, then go once through everything it may hold."""
    tenant_id = db.session.scalars(select(Tenant.id).where(Tenant.slug == slug)).one()
    with tenant_scope(tenant_id):
        apply_pack(small_county(folder, word), first_password=PASSWORD, must_change_password=False)
        people = _people()
        filler = _Filler(word, people)
        filler.fill()
        code = filler.code
        db.session.commit()
    db.session.remove()
    return FilledCounty(tenant_id, slug, word, people, code)


def _people() -> dict[Role, Person]:
    """One person for each role: whose posts carry that role and no other, the deepest unit first."""
    rows = db.session.execute(
        select(User.id, Post.roles, UnitType.level)
        .join(Appointment, Appointment.user_id == User.id)
        .join(Post, Post.id == Appointment.post_id)
        .join(OrgUnit, OrgUnit.id == Post.unit_id)
        .join(UnitType, UnitType.id == OrgUnit.unit_type_id)
        .order_by(UnitType.level, OrgUnit.sort_order, Post.sort_order, User.login_name)
    ).all()
    roles: dict[uuid.UUID, set[str]] = {}
    for user_id, held, _ in rows:
        roles.setdefault(user_id, set()).update(held)
    people = {}
    for role in Role:
        user_id = next(user_id for user_id, held in roles.items() if held == {role.value})
        token = secrets.token_urlsafe(16)
        db.session.add(UserSession(user_id=user_id, token_digest=token_digest(token)))
        people[role] = Person(user_id, token)
    return people


class _Filler:
    """What a county has after some months of work: each step adds rows to tables that a pack leaves empty."""

    def __init__(self, word: str, people: Mapping[Role, Person]) -> None:
        self.word = word
        self.office = self._user(people[Role.OFFICE])
        self.clerk = self._user(people[Role.VILLAGE_CLERK])
        self.town = self._user(people[Role.TOWN_OFFICER])
        # Units are set up many in a millisecond: the ids of one do not tell which came first.
        self.root = db.session.scalars(select(OrgUnit).order_by(OrgUnit.sort_order, OrgUnit.id).limit(1)).one()
        self.village = self._unit_of(self.clerk)
        self.today = local_today()
        self.code = ""

    def fill(self) -> None:
        submission = self._submissions()
        self._photo(submission)
        self._window(submission.collection)
        self._forms()
        self._plan()
        self._round()
        self._document()
        self._small_things()
        db.session.add_all(rows_of_the_organisation(self.word, self.office, self.root, self.village))
        db.session.add_all(rows_of_filling(self.word, self.office, self.village, submission))
        db.session.flush()

    def _submissions(self) -> Submission:
        """One draft, one on its way, one signed off."""
        collection = self._reviewed_above()
        version = db.session.scalars(select(FormVersion).where(FormVersion.form_id == collection.form_id)).first()
        assert version is not None
        made = []
        start = self.today.replace(day=1)
        for status in (SubmissionStatus.SIGNED_OFF, SubmissionStatus.SUBMITTED, SubmissionStatus.DRAFT):
            submission = Submission(
                id=new_id(),
                collection_id=collection.id,
                collection=collection,
                form_version_id=version.id,
                form_version=version,
                unit_id=self.village.id,
                unit=self.village,
                period_start=start,
                period_end=(start + timedelta(days=31)).replace(day=1) - timedelta(days=1),
                status=status,
                signed_off_at=utc_now() if status is SubmissionStatus.SIGNED_OFF else None,
                submitted_at=None if status is SubmissionStatus.DRAFT else utc_now(),
                submitted_by_id=None if status is SubmissionStatus.DRAFT else self.clerk.id,
                contributors=[str(self.clerk.id)],
            )
            db.session.add(submission)
            made.append(submission)
            start = (start - timedelta(days=1)).replace(day=1)
        db.session.flush()
        start_case(
            get_way_of(collection, local_today())[0],
            subject_type="submission",
            subject_id=made[1].id,
            unit=self.village,
            title=f"{self.village.name}月报",
            path=f"/submissions/{made[1].id}",
            content=frozen_content(made[1]),
            authors={self.clerk.id},
            actor=self.clerk,
        )
        return made[1]

    @staticmethod
    def _reviewed_above() -> Collection:
        """A collection whose reports go to the unit above: ids of one moment have no order to rely on."""
        found = db.session.scalars(select(Collection).order_by(Collection.name)).all()
        return next(each for each in found if "own_parent" in str(get_way_of(each, local_today())[0].definition))

    def _photo(self, submission: Submission) -> None:
        store_bytes(
            picture(),
            name=f"照片{self.word}.jpg",
            media_type=FileType.JPEG,
            subject_type="submission",
            subject_id=submission.id,
            actor=self.clerk,
        )

    def _window(self, collection: Collection) -> None:
        db.session.add(
            CollectionWindow(
                collection_id=collection.id,
                period_start=self.today.replace(day=1),
                opens_on=self.today - timedelta(days=3),
                due_on=self.today + timedelta(days=3),
                reason=f"大雪封路{self.word}",
                changed_by_id=self.office.id,
            )
        )

    def _forms(self) -> None:
        """A draft beside the published version."""
        form = self._first(FormDefinition)
        if not db.session.scalars(select(FormVersion).where(FormVersion.status == VersionStatus.DRAFT)).first():
            start_draft(form, actor=self.office)

    def _plan(self) -> None:
        plan = self._first(Plan)
        target = self._first(Target)
        part = db.session.scalars(
            select(PlanTaskPart)
            .join(PlanTask, PlanTask.id == PlanTaskPart.task_id)
            .join(PlanTaskUnit, PlanTaskUnit.part_id == PlanTaskPart.id)
            .where(PlanTask.plan_id == plan.id, PlanTaskUnit.unit_id.is_not(None))
            .order_by(PlanTaskPart.id)
        ).first()
        assert part is not None
        unit_id = db.session.scalars(
            select(PlanTaskUnit.unit_id).where(PlanTaskUnit.part_id == part.id, PlanTaskUnit.unit_id.is_not(None))
        ).first()
        db.session.add(
            TaskReport(
                part_id=part.id,
                unit_id=unit_id,
                kind="progress",
                text=f"进展顺利{self.word}",
                reported_by_id=self.office.id,
            )
        )
        db.session.add(
            TargetValue(
                target_id=target.id,
                measured_on=self.today,
                value=1,
                note=f"初步数{self.word}",
                reported_by_id=self.office.id,
            )
        )

    def _round(self) -> None:
        """A round that is computed, with a fact, and the one before it just begun."""
        scheme = self._first(AssessmentScheme)
        period = period_of(self.today, Cadence(scheme.cadence))
        for each in (period_of(period.start - timedelta(days=1), period.cadence), period):
            started = start_round(scheme, each, actor=self.office)
        unit = list_assessed(started.id)[0]
        db.session.add(
            AssessmentFact(
                round_id=started.id,
                unit_id=unit.unit_id,
                rule_code=rules_of_round(started).rules[0].code,
                source="recheck",
                quantity=1,
                found_on=self.today,
                note=f"垃圾未清{self.word}",
                recorded_by_id=self.town.id,
            )
        )
        db.session.flush()
        compute_round(started.id)

    def _document(self) -> None:
        """An issued document with its rendered file, whose every text carries the word."""
        content = replace(short_bulletin(), number=None, verification=None)
        document = request_document(
            marked(content, self.word),
            kind="bulletin",
            subject_type="assessment_round",
            subject_id=self._first(AssessmentRound).id,
            unit_id=self.root.id,
            actor=self.office,
            issue=True,
            agency_code="测政发",
        )
        stored = store_bytes(
            rendered(document_text(document)),
            name=f"{document.title}.pdf",
            media_type=FileType.PDF,
            subject_type="document",
            subject_id=document.id,
            actor=None,
        )
        document.file_id, document.page_count, document.is_formal = stored.id, 1, False
        document.rendered_at, document.status = utc_now(), DocumentStatus.RENDERED
        self.code = document.verify_code

    def _small_things(self) -> None:
        notify([self.office.id, self.clerk.id], "issued", f"新通报{self.word}", "/documents")
        record(AuditAction.SETTINGS_CHANGED, self.root, actor=self.office, note=f"改名{self.word}")
        db.session.add(SignInAttempt(login_name=f"某人{self.word}", address="192.0.2.1"))
        db.session.add(SentForm(location=f"/documents?words={self.word}"))

    def _user(self, person: Person) -> User:
        return db.session.scalars(select(User).where(User.id == person.id)).one()

    def _unit_of(self, user: User) -> OrgUnit:
        unit = db.session.scalars(
            select(OrgUnit)
            .join(Post, Post.unit_id == OrgUnit.id)
            .join(Appointment, Appointment.post_id == Post.id)
            .where(Appointment.user_id == user.id)
        ).first()
        assert unit is not None
        return unit

    @staticmethod
    def _first(model: Any) -> Any:
        """The first row of a table by id, which grows with time."""
        return db.session.scalars(select(model).order_by(model.id)).first()


def document_text(document: Document) -> str:
    """The frozen content of a document as text: the key under which its rendering is remembered."""
    return json.dumps(document.content, ensure_ascii=False, sort_keys=True)


@lru_cache(maxsize=8)
def rendered(content: str) -> bytes:
    """The PDF of a document's content."""
    return render_pdf(from_json(content), fonts=deployment_fonts()).pdf
