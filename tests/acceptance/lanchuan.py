"""A county as its administrator writes it down, in packs of text files, and what its people do at its pages."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any, TypeVar

from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from saas.accounts.models import User
from saas.accounts.services import make_viewer
from saas.db import db
from saas.domain.answers import answers_from_stored
from saas.forms.models import FormDefinition
from saas.org.models import OrgUnit
from saas.packs.services import apply_pack
from saas.registers.models import Register, RegisterRecord
from saas.review.models import ReviewCase
from saas.review.services import approve, return_case
from saas.submissions.defining import definition_of
from saas.submissions.due import due_submissions
from saas.submissions.models import Collection, Submission
from saas.tenancy.packs import read_pack
from tests.browser import Browser

YEAR = 2026
PACKS = Path(__file__).parent / "packs"
T = TypeVar("T", OrgUnit, Collection, Register, FormDefinition)


def found(folder: Path, more: str) -> None:
    """Found the bound county: what every module has, with what this one is about laid over it, put into `folder`."""
    for name in ("lanchuan", more):
        copytree(PACKS / name, folder, dirs_exist_ok=True)
    apply_pack(read_pack(folder, year=YEAR), first_password="Right-password-1", must_change_password=False)
    db.session.commit()


class County:
    """What people of the county do at its pages. Things are named by their codes, people by their login names."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    # --- what there is ----------------------------------------------------------------------------------------------

    def unit(self, code: str) -> OrgUnit:
        return _by_code(OrgUnit, code)

    def collection(self, code: str) -> Collection:
        return _by_code(Collection, code)

    def register(self, code: str) -> Register:
        return _by_code(Register, code)

    def form(self, code: str) -> FormDefinition:
        return _by_code(FormDefinition, code)

    def user(self, login: str) -> User:
        return db.session.scalars(select(User).where(User.login_name == login)).one()

    def submissions(self, code: str) -> list[Submission]:
        """The submissions of a collection, by unit and period."""
        return list(
            db.session.scalars(
                select(Submission)
                .join(OrgUnit, OrgUnit.id == Submission.unit_id)
                .where(Submission.collection_id == self.collection(code).id)
                .order_by(OrgUnit.code, Submission.period_start, Submission.revision)
            )
        )

    def records(self, code: str) -> list[RegisterRecord]:
        """The records of a register, by number."""
        db.session.expire_all()
        return list(
            db.session.scalars(
                select(RegisterRecord)
                .where(RegisterRecord.register_id == self.register(code).id)
                .order_by(RegisterRecord.number)
            )
        )

    def to_do(self, login: str, on: date | None = None) -> list[str]:
        """What stands in somebody's list of what is to be filled."""
        return [item.title for item in due_submissions(make_viewer(self.user(login)), on)]

    # --- what people do ---------------------------------------------------------------------------------------------

    def sign_in(self, login: str) -> Browser:
        self.browser.sign_in(self.user(login))
        return self.browser

    def fill_path(self, collection: str, unit: str, period: str) -> str:
        return f"/submissions/fill/{self.collection(collection).id}/{self.unit(unit).id}/{period}"

    def open(self, login: str, collection: str, unit: str, period: str = "2026-03-01") -> str:
        """The page on which somebody fills a form."""
        return self.sign_in(login).get(self.fill_path(collection, unit, period)).text

    def check(
        self, login: str, collection: str, unit: str, answers: Mapping[str, Any], period: str = "2026-03-01"
    ) -> TestResponse:
        """Somebody has a form checked: 303 if it may be handed in, else 422 with what is wrong."""
        browser = self.sign_in(login)
        path = self.fill_path(collection, unit, period)
        return browser.post(path, {"version": self._version(path, unit), "action": "check", **answers})

    def hand_in(
        self, login: str, collection: str, unit: str, answers: Mapping[str, Any], period: str = "2026-03-01"
    ) -> Submission:
        """Somebody fills a form and hands it in."""
        checked = self.check(login, collection, unit, answers, period)
        assert checked.status_code == 303, _errors(checked.text)
        return self._send(checked.location)

    def save(
        self, login: str, collection: str, unit: str, answers: Mapping[str, Any], period: str = "2026-03-01"
    ) -> Submission:
        """Somebody saves a form without handing it in."""
        browser, path = self.sign_in(login), self.fill_path(collection, unit, period)
        saved = browser.post(path, {"version": self._version(path, unit), "action": "save", **answers})
        assert saved.status_code == 303, _errors(saved.text)
        db.session.expire_all()
        return next(each for each in self.submissions(collection) if each.unit_id == self.unit(unit).id)

    def _send(self, confirm: str) -> Submission:
        submission = db.session.scalars(select(Submission).where(Submission.id == uuid.UUID(_id_in(confirm)))).one()
        db.session.refresh(submission)
        sent = self.browser.post(
            f"/submissions/{submission.id}/submit",
            {"version": str(submission.version), "send_token": str(uuid.uuid4())},
        )
        assert sent.status_code == 303, _errors(sent.text)
        db.session.refresh(submission)
        return submission

    def _version(self, path: str, unit: str) -> str:
        _, collection_id, unit_id, period = path.rsplit("/", 3)
        draft = db.session.scalars(
            select(Submission)
            .where(
                Submission.collection_id == uuid.UUID(collection_id),
                Submission.unit_id == uuid.UUID(unit_id),
                Submission.period_start == date.fromisoformat(period),
            )
            .order_by(Submission.revision.desc())
            .limit(1)
        ).one_or_none()
        return str(draft.version) if draft is not None else "0"

    def approve(self, submission: Submission, *logins: str) -> ReviewCase:
        """People decide on a submission one after another."""
        case = case_of(submission)
        for login in logins:
            approve(case, actor=self.user(login))
        db.session.commit()
        return case

    def send_back(self, submission: Submission, login: str, reason: str) -> None:
        return_case(case_of(submission), actor=self.user(login), reason=reason)
        db.session.commit()

    def enter(self, login: str, register: str, answers: Mapping[str, Any], unit: str = "") -> TestResponse:
        """Somebody enters a record: 303 if it is opened, else 422 with what is wrong."""
        form = {"send_token": str(uuid.uuid4()), **answers}
        more = f"?unit={self.unit(unit).id}" if unit else ""
        return self.sign_in(login).post(f"/registers/{self.register(register).id}/records/new{more}", form)

    def record(self, login: str, register: str, answers: Mapping[str, Any], unit: str = "") -> RegisterRecord:
        """Somebody opens a record."""
        entered = self.enter(login, register, answers, unit)
        assert entered.status_code == 303, _errors(entered.text)
        return self.records(register)[-1]

    def change(self, login: str, record: RegisterRecord, answers: Mapping[str, Any]) -> TestResponse:
        """Somebody changes what stands in a record."""
        form = {"version": str(record.version), **answers}
        changed = self.sign_in(login).post(f"/registers/records/{record.id}/edit", form)
        db.session.refresh(record)
        return changed

    def move(self, login: str, record: RegisterRecord, state: str, note: str = "") -> TestResponse:
        """Somebody moves a record into another state: 303 if it may be."""
        form = {"version": str(record.version), "state": state, "note": note}
        moved = self.sign_in(login).post(f"/registers/records/{record.id}/move", form)
        db.session.refresh(record)
        return moved

    def link(self, login: str, record: RegisterRecord, unit: str, role: str = "responsible") -> None:
        """Somebody lets a unit answer for a record."""
        form = {"version": str(record.version), "kind": "unit", "name": self.unit(unit).name, "role": role}
        assert self.sign_in(login).post(f"/registers/records/{record.id}/links", form).status_code == 303


def case_of(submission: Submission) -> ReviewCase:
    """The last case of review of a submission."""
    statement = select(ReviewCase).where(ReviewCase.subject_id == submission.id).order_by(ReviewCase.started_at)
    return db.session.scalars(statement).all()[-1]


def answers_of(submission: Submission) -> Mapping[str, Any]:
    """What a submission says, as the domain reads it."""
    return answers_from_stored(definition_of(submission), submission.answers)


def photo() -> tuple[io.BytesIO, str]:
    """A small photo, as a phone sends it."""
    file = io.BytesIO()
    Image.new("RGB", (32, 24), "white").save(file, "JPEG")
    file.seek(0)
    return file, "a.jpg"


def rows(name: str, table: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The rows of a repeat as a page posts them."""
    return {f"{name}[{number}].{key}": value for number, row in enumerate(table) for key, value in row.items()}


def _by_code(model: type[T], code: str) -> T:
    return db.session.scalars(select(model).where(model.code == code)).one()


def _id_in(address: str) -> str:
    return next(part for part in address.split("/") if len(part) == 36)


def _errors(page: str) -> str:
    return "\n".join(line.strip() for line in page.splitlines() if "error" in line or "请" in line)[:2000]
