"""The pages of importing: what is refused at once, what is shown, who may, and what happens twice."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.db import db, new_id, utc_now
from saas.files.models import StoredFile
from saas.imports.models import DataImport, ImportStatus
from saas.jobs.models import Job, JobState
from saas.org.models import OrgUnit
from saas.tenancy.models import Tenant
from saas.tenancy.scope import tenant_scope
from tests.browser import Browser
from tests.factories import make_unit, make_unit_type, make_user
from tests.imports.steps import apply, counts, imported, latest, rows, send, work
from tests.spreadsheets.hostile import HOSTILE
from tests.spreadsheets.samples import by_hand
from tests.statements import count_statements

HEADS = ("单位代码", "单位名称", "单位类型", "上级单位")


@pytest.fixture
def administrator(browser: Browser) -> User:
    top = make_unit("青山县", kind=make_unit_type("county", "县", 1))
    top.code = "C"
    make_unit_type()
    user = make_user(Role.SYSTEM_ADMIN, unit=top)
    browser.sign_in(user)
    return user


def villages(count: int, *, first: int = 0) -> bytes:
    return rows(HEADS, *((f"V{number}", f"第{number}村", "村", "C") for number in range(first, first + count)))


def test_the_page_of_a_kind_explains_its_columns_and_offers_files(administrator: User, browser: Browser) -> None:
    page = browser.get("/imports/units").text

    for words in ("下载模板", "导出现有内容", "上传并核对", "各列怎么填", "单位代码", "调整日期", "还没有导入过"):
        assert words in page
    assert "岗位" in browser.get("/imports").text


@pytest.mark.parametrize("case", ["an archive in a workbook", "a workbook with a macro", "an old workbook", "a page"])
def test_a_file_that_is_no_table_is_refused_beside_its_field_and_not_kept(
    administrator: User, browser: Browser, case: str
) -> None:
    name, build, word = HOSTILE[case]

    response = send(browser, "units", build(), name)

    assert response.status_code == 422
    assert word in response.text
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 0
    assert db.session.scalar(select(func.count()).select_from(DataImport)) == 0


def test_a_file_that_is_found_out_when_it_is_opened_is_refused_with_the_reason(
    administrator: User, browser: Browser
) -> None:
    content = by_hand(b"<sheetData/>", prolog=b'<!DOCTYPE x [<!ENTITY a "b">]>')

    refused = imported(browser, "units", content)

    assert refused.status is ImportStatus.REFUSED
    page = browser.get(f"/imports/runs/{refused.id}").text
    assert "这个文件不能导入" in page
    assert "文档类型" in page
    assert browser.post(f"/imports/runs/{refused.id}/apply", {"version": refused.version}).status_code == 409


class Large(io.RawIOBase):
    """A body of 200 MB that is nowhere, and counts what is read of it."""

    SIZE = 200 * 1024 * 1024

    def __init__(self) -> None:
        self.place = self.taken = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = offset if whence == io.SEEK_SET else self.SIZE
        return self.place

    def readinto(self, buffer: Any) -> int:
        self.taken += len(buffer)
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def test_a_workbook_of_200_mb_is_refused_without_being_read(administrator: User, browser: Browser) -> None:
    body = Large()

    db.session.commit()
    path, content_type = f"/{browser.slug}/imports/units", "multipart/form-data; boundary=x"
    response = browser.client.post(path, input_stream=body, content_type=content_type)

    assert response.status_code == 413
    assert "超过了大小限制" in response.text
    assert body.taken < 1024 * 1024


def test_no_file_is_said_beside_the_field(administrator: User, browser: Browser) -> None:
    response = browser.post("/imports/units", {"send_token": str(new_id())})

    assert response.status_code == 422
    assert "请选择文件" in response.text


def test_a_form_sent_twice_is_one_import(administrator: User, browser: Browser) -> None:
    token = str(new_id())
    answers = [
        browser.post(
            "/imports/units",
            {"file": (io.BytesIO(villages(1)), "a.xlsx"), "send_token": token},
            content_type="multipart/form-data",
        )
        for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert db.session.scalar(select(func.count()).select_from(DataImport)) == 1


def test_while_one_file_is_checked_another_one_waits_outside(administrator: User, browser: Browser) -> None:
    send(browser, "units", villages(1), "first.xlsx")

    response = send(browser, "units", villages(2), "second.xlsx")

    assert response.status_code == 422
    assert "另一份文件“first.xlsx”正在处理" in response.text
    assert send(browser, "posts", rows(("单位", "岗位名称"), ("C", "甲"))).status_code == 303
    assert work() == ["done", "done"]
    assert send(browser, "units", villages(2), "second.xlsx").status_code == 303


def test_a_page_asks_again_only_while_there_is_something_to_wait_for(administrator: User, browser: Browser) -> None:
    location = send(browser, "units", villages(1)).location
    waiting = browser.get(location, htmx=True).text
    assert "正在核对文件" in waiting
    assert 'hx-trigger="load delay:2s"' in waiting
    assert "刷新" in waiting  # the same without scripts

    work()

    done = browser.get(location, htmx=True).text
    assert "hx-trigger" not in done
    assert done.lstrip().startswith("<section")


def test_a_file_whose_job_was_given_up_can_be_checked_again_or_put_aside(administrator: User, browser: Browser) -> None:
    send(browser, "units", villages(1))
    db.session.execute(update(Job).values(state=JobState.DEAD, reason="处理中断", finished_at=utc_now()))
    run = latest()
    assert "没有处理成功" in browser.get(f"/imports/runs/{run.id}").text

    assert browser.post(f"/imports/runs/{run.id}/check").status_code == 303

    assert work() == ["done"]
    assert counts(latest()) == (1, 0, 0, 0)


def test_what_is_put_aside_changes_nothing_and_is_over(administrator: User, browser: Browser) -> None:
    run = imported(browser, "units", villages(1))

    assert browser.post(f"/imports/runs/{run.id}/discard").status_code == 303

    run = latest()
    assert run.status is ImportStatus.DISCARDED
    for action in ("apply", "discard", "check"):
        assert browser.post(f"/imports/runs/{run.id}/{action}", {"version": run.version}).status_code == 409
    assert db.session.scalars(select(OrgUnit.code)).all() == ["C"]


def test_a_page_of_an_earlier_state_cannot_confirm(administrator: User, browser: Browser) -> None:
    run = imported(browser, "units", villages(1))

    response = browser.post(f"/imports/runs/{run.id}/apply", {"version": run.version - 1})

    assert response.status_code == 409
    assert "已经更新" in response.text


def test_a_job_that_runs_twice_writes_once(administrator: User, browser: Browser) -> None:
    run = apply(browser, imported(browser, "units", villages(3)))
    db.session.execute(update(Job).values(state=JobState.QUEUED, finished_at=None, lease_until=None))

    assert set(work()) == {"done"}

    assert db.session.scalar(select(func.count()).select_from(OrgUnit)) == 4
    assert latest().applied_at == run.applied_at


def test_differences_are_shown_in_pages_with_as_many_statements(administrator: User, browser: Browser) -> None:
    small = imported(browser, "units", villages(1))
    few = count_statements(lambda: browser.get(f"/imports/runs/{small.id}?state=new"))
    large = imported(browser, "units", villages(120))

    many = count_statements(lambda: browser.get(f"/imports/runs/{large.id}?state=new&page=3"))

    page = browser.get(f"/imports/runs/{large.id}?state=new&page=3").text
    assert many <= few
    assert "第 3 / 3 页" in page
    assert "第119村" in page
    assert "第99村" not in page


def test_who_may_not_import_finds_nothing(administrator: User, browser: Browser, unknown_id: uuid.UUID) -> None:
    run = imported(browser, "units", villages(1))
    marked = imported(browser, "units", rows(HEADS, ("V1", None, "村", "C")))
    browser.sign_in(make_user(Role.OFFICE, unit=make_unit()))

    for path in ("/imports", "/imports/units", "/imports/units/template", "/imports/units/export", "/imports/nothing"):
        assert browser.get(path).status_code == 404
    assert browser.get(f"/imports/runs/{run.id}").status_code == 404
    assert browser.get(f"/imports/runs/{unknown_id}").status_code == 404
    assert browser.get(f"/files/{marked.marked_file_id}").status_code == 404
    for action in ("apply", "check", "discard"):
        assert browser.post(f"/imports/runs/{run.id}/{action}").status_code == 404
    assert "导入导出" not in browser.get("/home").text


def test_another_countys_import_does_not_exist(
    administrator: User, browser: Browser, other_tenant: Tenant, app: Flask
) -> None:
    with tenant_scope(other_tenant.id):
        theirs = DataImport(kind="units", file_name="theirs.xlsx", created_by_id=make_user().id)
        db.session.add(theirs)
        db.session.flush()
        import_id = theirs.id
    db.session.expunge_all()

    assert browser.get(f"/imports/runs/{import_id}").status_code == 404
    assert browser.post(f"/imports/runs/{import_id}/apply").status_code == 404
    assert "theirs.xlsx" not in browser.get("/imports").text


def test_rights_that_were_lost_meanwhile_do_not_write(administrator: User, browser: Browser) -> None:
    run = imported(browser, "units", villages(1))
    browser.post(f"/imports/runs/{run.id}/apply", {"scope": "all", "version": run.version})
    administrator_id = administrator.id
    db.session.execute(
        update(Appointment).where(Appointment.user_id == administrator_id).values(ends_on=func.current_date())
    )

    work()

    assert db.session.scalars(select(OrgUnit.code)).all() == ["C"]
