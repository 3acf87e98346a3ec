"""The pages of packs: seeing, comparing, applying in the background, undoing, exporting."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.audit.models import AuditEvent
from saas.db import db
from saas.forms.models import FormDefinition
from saas.jobs.models import Job, JobState
from saas.jobs.running import run_job
from saas.org.models import OrgUnit
from saas.packs.archive import MAX_BYTES, ArchiveRefused, open_archive
from saas.packs.models import PackApplication
from saas.review.models import Route
from saas.tenancy.models import Tenant
from tests.browser import Browser
from tests.factories import make_user
from tests.packs.counties import ROOT, found_county
from tests.tenancy.starter_pack import write_starter


@pytest.fixture
def office(tenant: Tenant) -> User:
    return found_county()


@pytest.fixture
def admin(office: User, browser: Browser) -> User:
    root = db.session.scalars(select(OrgUnit).where(OrgUnit.code == ROOT)).one()
    found = make_user(Role.SYSTEM_ADMIN, unit=root)
    browser.sign_in(found)
    return found


def zipped(folder: Path, prefix: str = "village-works/") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.writestr(prefix + path.relative_to(folder).as_posix(), path.read_bytes())
    return out.getvalue()


def hidden_of(page: TestResponse, *names: str) -> dict[str, str]:
    """The hidden fields of the button on a page."""
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', page.text)[-1] for name in names}


def send(browser: Browser, content: bytes, name: str = "pack.zip") -> str:
    response = browser.post("/packs", {"file": (io.BytesIO(content), name)})
    assert response.status_code == 303, response.text
    return str(response.headers["Location"])


def test_the_gallery_shows_every_shipped_pack(browser: Browser, admin: User) -> None:
    response = browser.get("/packs")

    assert response.status_code == 200
    assert "起步配置包" in response.text
    assert "农村人居环境考核示范县" in response.text
    assert "还没有应用过配置包" in response.text


def test_others_than_the_system_administrator_have_no_packs(browser: Browser, office: User) -> None:
    browser.sign_in(office)

    assert browser.get("/packs").status_code == 403
    assert browser.post("/packs/shipped/grid-management/apply").status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "rural-county",
        "city-district",
        "grid-management",
        "safe-community",
        "community-service-centres",
        "residents-committee-reform",
        "social-work-stations",
    ],
)
def test_a_shipped_pack_shows_what_it_contains_and_what_it_leaves_open(
    browser: Browser, admin: User, name: str
) -> None:
    response = browser.get(f"/packs/shipped/{name}")

    assert response.status_code == 200
    assert "看会改变什么" in response.text
    assert "表单" in response.text


def test_an_unknown_pack_does_not_exist(browser: Browser, admin: User) -> None:
    for path in ("/packs/shipped/nothing", "/packs/shipped/nothing/difference", f"/packs/uploads/{uuid.uuid4()}"):
        assert browser.get(path).status_code == 404
    assert browser.get("/packs/applications/7").status_code == 404


def test_a_demonstration_is_not_applied_to_a_county_that_has_units(browser: Browser, admin: User) -> None:
    page = browser.get("/packs/shipped/rural-county/difference")

    assert "演示县的配置包" in page.text
    assert "确认应用" not in page.text
    assert browser.post("/packs/shipped/rural-county/apply", {"year": "2026", "shown": "x"}).status_code == 409


def test_a_pack_is_uploaded_compared_applied_and_undone(browser: Browser, admin: User, tmp_path: Path) -> None:
    place = send(browser, zipped(write_starter(tmp_path / "village-works")))
    assert "村级事务月报" in browser.get(place).text
    difference = browser.get(f"{place}/difference?year=2027")
    assert "村级事务审核（affairs_review）" in difference.text
    assert db.session.scalars(select(FormDefinition)).all() == []

    response = browser.post(f"{place}/apply", hidden_of(difference, "shown", "year", "send_token"))
    assert response.status_code == 303
    job = db.session.scalars(select(Job).where(Job.kind == "packs.apply")).one()
    run_job(job.tenant_id, job.id)

    application = db.session.scalars(select(PackApplication)).one()
    assert application.applied_by_id == admin.id
    assert "已完成" in browser.get(f"/packs/runs/{job.id}").text
    assert "村级事务月报" in browser.get("/packs/applications/1").text
    assert "2027年村级事务实施方案" in browser.get("/packs/applications/1").text

    assert browser.post("/packs/applications/1/rollback").status_code == 303
    assert "已回退" in browser.get("/packs").text
    actions = db.session.scalars(select(AuditEvent.action).order_by(AuditEvent.at)).all()
    assert {"pack.applied", "pack.rolled_back"} <= set(actions)


def test_what_changed_since_it_was_shown_is_shown_again(browser: Browser, admin: User, tmp_path: Path) -> None:
    place = send(browser, zipped(write_starter(tmp_path / "village-works")))
    hidden = hidden_of(browser.get(f"{place}/difference"), "shown", "year", "send_token")
    db.session.add(Route(code="affairs_review", name="本县的流程", definition={"steps": []}))
    db.session.flush()

    browser.post(f"{place}/apply", hidden)
    job = db.session.scalars(select(Job).where(Job.kind == "packs.apply")).one()
    run_job(job.tenant_id, job.id)

    db.session.refresh(job)
    assert job.state is JobState.DEAD
    assert "没有写入任何内容" in browser.get(f"/packs/runs/{job.id}").text
    assert db.session.scalars(select(PackApplication)).all() == []


def test_a_faulty_pack_is_listed_line_by_line(browser: Browser, admin: User, tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "village-works")
    text = (folder / "routes.toml").read_text(encoding="utf-8").replace('kind = "accept"', 'kind = "wave"')
    (folder / "routes.toml").write_text(text, encoding="utf-8")

    place = send(browser, zipped(folder))

    for path in (place, f"{place}/difference"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "routes.toml" in page.text
        assert "配置包有" in page.text


def _archive(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def _link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("pack.toml", "schema = 2")
        info = zipfile.ZipInfo("assets/seal.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "请选择配置包的压缩文件"),
        (b"%PDF-1.4", "这不是能打开的 zip 文件"),
        (_archive(("notes.txt", b"x")), "这不是配置包"),
        (_archive(("pack.toml", b"x"), ("../evil.toml", b"x")), "不正常"),
        (_archive(("pack.toml", b"x"), ("/etc/evil.toml", b"x")), "不正常"),
        (_archive(("pack.toml", b"x"), ("PACK.toml", b"x")), "重名"),
        (_archive(("pack.toml", b"x" * 6_000_000)), "超过 5 MB"),
        (_archive(*((f"f{n}", b"") for n in range(501))), "超过 500 个"),
        (_link(), "指向别处的链接"),
    ],
    ids=["nothing", "pdf", "no pack", "leaves", "absolute", "twice", "large", "many", "link"],
)
def test_what_is_no_pack_is_not_kept(browser: Browser, admin: User, content: bytes, said: str) -> None:
    response = browser.post("/packs", {"file": (io.BytesIO(content), "pack.zip")})

    assert response.status_code == 422
    assert said in response.text


def test_an_archive_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused, match="超过 10 MB"):
        open_archive(b"\0" * (MAX_BYTES + 1), tmp_path)


def test_an_obstacle_to_a_rollback_is_listed(browser: Browser, admin: User, tmp_path: Path) -> None:
    place = send(browser, zipped(write_starter(tmp_path / "village-works")))
    browser.post(f"{place}/apply", hidden_of(browser.get(f"{place}/difference"), "shown", "year", "send_token"))
    job = db.session.scalars(select(Job).where(Job.kind == "packs.apply")).one()
    run_job(job.tenant_id, job.id)
    route = db.session.scalars(select(Route)).one()
    route.name = "县里改过"
    db.session.flush()

    response = browser.post("/packs/applications/1/rollback")

    assert response.status_code == 409
    assert "应用之后又有改动" in response.text


def test_an_export_is_a_zip_that_can_be_uploaded_again(browser: Browser, admin: User) -> None:
    response = browser.get("/packs/export")

    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {"pack.toml", "org/units.csv", "org/posts.csv"} <= names
    assert "org/people.csv" not in names
    place = send(browser, response.data)
    difference = browser.get(f"{place}/difference").text
    assert "已经和配置包一致" in difference, re.sub("<[^>]*>", "", difference)
