"""A county written as a pack and read again is the county."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from saas.accounts.models import User
from saas.assessment.models import AssessmentScheme
from saas.db import db
from saas.org.models import OrgUnit
from saas.packs.export import export_pack
from saas.packs.ledger import Ledger
from saas.packs.services import apply_pack, propose
from saas.packs.toml_writing import toml_text
from saas.tenancy.models import Tenant
from saas.tenancy.pack_files import Problems, Terms, read_toml
from saas.tenancy.packs import read_pack
from saas.tenancy.scope import tenant_scope
from tests.packs.counties import PASSWORD, found_county, read
from tests.packs.test_rollback import FOLDERS


def compared(folder: Path) -> Ledger:
    return propose(read(folder)).ledger


def written(ledger: Ledger) -> list[tuple[str, str, object, object]]:
    return [(change.table, change.label, change.before, change.after) for change in ledger.changes]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("with_people", [True, False])
def test_a_county_read_back_from_its_export_differs_in_nothing(
    tenant: Tenant, folder: Path, tmp_path: Path, with_people: bool
) -> None:
    if not (folder / "org/units.csv").is_file():
        found_county()
    apply_pack(read(folder), first_password=PASSWORD)

    export_pack(with_people=with_people).save(tmp_path / "export")

    ledger = compared(tmp_path / "export")
    assert written(ledger) == []
    assert (ledger.conflicts, ledger.kept) == ([], [])


def test_an_export_makes_the_same_county_elsewhere(tenant: Tenant, other_tenant: Tenant, tmp_path: Path) -> None:
    apply_pack(read(FOLDERS[[f.name for f in FOLDERS].index("rural-county")]), first_password=PASSWORD)
    export_pack(with_people=True).save(tmp_path / "export")

    with tenant_scope(other_tenant.id):
        apply_pack(read_pack(tmp_path / "export", year=2026), first_password=PASSWORD)
        again = export_pack(with_people=True)
        units = db.session.scalars(select(OrgUnit.code)).all()
        schemes = db.session.scalars(select(AssessmentScheme.code)).all()

    first = {path.relative_to(tmp_path / "export").as_posix() for path in (tmp_path / "export").rglob("*.*")}
    assert set(again.texts) == first
    different = [name for name, text in again.texts.items() if (tmp_path / "export" / name).read_text() != text]
    assert different == ["pack.toml"]  # it says the name of the county
    assert len(units) == 180
    assert schemes == ["town_environment"]


def test_an_export_holds_no_passwords_and_no_people_unless_asked(tenant: Tenant) -> None:
    apply_pack(read(FOLDERS[[f.name for f in FOLDERS].index("rural-county")]), first_password=PASSWORD)
    user = db.session.scalars(select(User).where(User.login_name == "office1")).one()

    without, with_people = export_pack(), export_pack(with_people=True)

    assert user.password_hash is not None
    assert "org/people.csv" not in without.texts
    assert all(user.name not in text for text in without.texts.values())
    assert user.name in with_people.texts["org/people.csv"]
    assert all(user.password_hash not in text for text in with_people.texts.values())


def test_a_county_without_units_has_nothing_to_export(tenant: Tenant) -> None:
    with pytest.raises(LookupError):
        export_pack()


_TEXTS = st.text("aé政\n\t\"\\{}$#'year", max_size=20)
_SCALARS = st.one_of(st.booleans(), st.integers(-(10**12), 10**12), _TEXTS)
_TABLES = st.dictionaries(st.sampled_from(["code", "name", "中", "a b"]), _SCALARS, max_size=3)
_VALUES = st.one_of(_SCALARS, st.lists(_SCALARS, max_size=3), _TABLES, st.lists(_TABLES, min_size=1, max_size=3))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(value=st.dictionaries(st.sampled_from(["a", "b-1", "c_2", "表"]), _VALUES, max_size=4))
def test_whatever_is_written_as_toml_is_read_as_it_was(value: dict[str, object]) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "x.toml").write_text(toml_text(value), encoding="utf-8", newline="\n")
        problems = Problems()
        found = read_toml(Path(folder), "x.toml", problems, Terms(2026, "root"))

    assert problems.found == []
    assert found is not None
    assert found.mapping == value
