"""A county as its administrator writes it down: a pack of text files, to which every module adds what it is about."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

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
T = TypeVar("T", OrgUnit, Collection, Register, FormDefinition)

BASE = {
    "pack.toml": """
schema = 2
version = "1.0"
kind = "county"
name = "lanchuan"
title = "岚川县"
description = "验收用的一个小县。"
topic = "基层治理"

[county]
name = "岚川县"
slug = "lanchuan"
government = "岚川县人民政府"

[branding]
letterhead = "岚川县人民政府文件"
agency_code = "岚政发"
issuing_unit = "lanchuan"
signature_name = "岚川县人民政府"
addressees = "各镇人民政府"

[calendar]
units_valid_from = 2024-01-01
reminder_days = [3, 1]

[notes]
sources = ["虚构"]
""",
    "org/unit_types.csv": """
code,name,level,is_territorial,parents
county,县,1,是,
department,部门,2,否,county
township,镇,2,是,county
village,村,3,是,township
group,巡防小组,4,否,village
""",
    "org/attributes.csv": """
unit_type,name,label,type,measure,choices
village,households,户数,integer,户,
village,population,常住人口,integer,人,
village,is_pilot,试点村,yes_no,,
village,is_resized,规模调整已完成,yes_no,,
village,centre,便民中心类型,choice,,新建|改建|中心镇
""",
    "org/units.csv": """
code,name,short_name,type,parent,households,population,is_pilot,is_resized,centre
lanchuan,岚川县,岚川,county,,,,,,
justice,岚川县司法局,县司法局,department,lanchuan,,,,,
civil,岚川县民政局,县民政局,department,lanchuan,,,,,
health,岚川县卫生健康局,县卫健局,department,lanchuan,,,,,
T1,云屏镇人民政府,云屏镇,township,lanchuan,,,,,
T2,竹汀镇人民政府,竹汀镇,township,lanchuan,,,,,
V11,梧岭村,梧岭村,village,T1,420,1280,是,是,新建
V12,柏涧村,柏涧村,village,T1,310,905,否,是,改建
V21,芦湾村,芦湾村,village,T2,515,1630,否,否,中心镇
V22,松坞村,松坞村,village,T2,208,611,否,,
G1,梧岭一组,一组,group,V11,,,,,
G2,梧岭二组,二组,group,V11,,,,,
G3,梧岭三组,三组,group,V11,,,,,
""",
    "org/functions.csv": "unit,function,starts_on\nhealth,伤害监测,2024-01-01\n",
    "org/posts.csv": """
unit,name,roles,sort_order
lanchuan,县专班主任,office,10
lanchuan,分管副县长,leader,20
lanchuan,督查员,inspector,30
lanchuan,系统管理员,system_admin,90
lanchuan,审计管理员,auditor,91
justice,联络员,department,10
civil,联络员,department,10
health,联络员,department,10
T1,镇专干,town_officer,10
T1,镇长,leader,20
T2,镇专干,town_officer,10
V11,村文书,village_clerk,10
V12,村文书,village_clerk,10
V21,村文书,village_clerk,10
V22,村文书,village_clerk,10
G1,组长,village_clerk,10
""",
    "org/people.csv": """
name,login_name,posts,starts_on,phone
顾望川,office,lanchuan/县专班主任,2024-01-01,
沈知远,leader,lanchuan/分管副县长,2024-01-01,
严序平,inspector,lanchuan/督查员,2024-01-01,
陶石,sysadmin,lanchuan/系统管理员,2024-01-01,
邹明,auditor,lanchuan/审计管理员,2024-01-01,
纪司晨,justice,justice/联络员,2024-01-01,
穆念民,civil,civil/联络员,2024-01-01,
卫一禾,health,health/联络员,2024-01-01,
程云屏,town1,T1/镇专干,2024-01-01,
尚云屏,mayor1,T1/镇长,2024-01-01,
程竹汀,town2,T2/镇专干,2024-01-01,
文梧岭,v11,V11/村文书,2024-01-01,
文柏涧,v12,V12/村文书,2024-01-01,
文芦湾,v21,V21/村文书,2024-01-01,
文松坞,v22,V22/村文书,2024-01-01,
组一,g1,G1/组长,2024-01-01,
""",
    "routes.toml": """
[[routes]]
code = "two_steps"
name = "镇审核、县验收"

  [[routes.steps]]
  code = "town"
  name = "镇审核"
  kind = "review"
  who = { role = "town_officer", at = "ancestor:township" }

  [[routes.steps]]
  code = "county"
  name = "县验收"
  kind = "accept"
  who = { role = "office", at = "ancestor:county" }

[[routes]]
code = "county_only"
name = "县验收"

  [[routes.steps]]
  code = "county"
  name = "县验收"
  kind = "accept"
  who = { role = "office", at = "ancestor:county" }
""",
}


@dataclass(frozen=True, slots=True)
class Additions:
    """What a module's county has besides: forms and registers by code, tables to be added to other files."""

    forms: Mapping[str, str] = field(default_factory=dict)  # name and fields of a form, without its code
    collections: str = ""
    registers: Mapping[str, str] = field(default_factory=dict)
    routes: str = ""
    files: Mapping[str, str] = field(default_factory=dict)  # whole files, which go before those of the base


def write(folder: Path, more: Additions) -> Path:
    """Write the pack of the county into a folder."""
    files = {**BASE, **more.files}
    files["routes.toml"] += more.routes
    if more.collections:
        files["collections.toml"] = more.collections
    for code, text in more.forms.items():
        head, _, fields = text.strip().partition("\n")
        registration = '[registration]\nowner_unit = "lanchuan"\nlegal_basis = "岚政办〔2026〕5号"'
        files[f"forms/{code}.toml"] = f'code = "{code}"\n{head}\n\n{registration}\n\n{fields}\n'
    for code, text in more.registers.items():
        files[f"registers/{code}.toml"] = f'code = "{code}"\n{text.strip()}\n'
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return folder


def found(folder: Path) -> None:
    """Apply the pack to the bound county."""
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


def rows(name: str, table: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """The rows of a repeat as a page posts them."""
    return {f"{name}[{number}].{key}": value for number, row in enumerate(table) for key, value in row.items()}


def _by_code(model: type[T], code: str) -> T:
    return db.session.scalars(select(model).where(model.code == code)).one()


def _id_in(address: str) -> str:
    return next(part for part in address.split("/") if len(part) == 36)


def _errors(page: str) -> str:
    return "\n".join(line.strip() for line in page.splitlines() if "error" in line or "请" in line)[:2000]
