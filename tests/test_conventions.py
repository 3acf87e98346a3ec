"""What a program can check about the sources, a program checks. Each rule gives its reason where it fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

import saas
import saas.models  # each table registers itself on import
from saas.config import ROOT
from saas.db import Base
from saas.tenancy.models import TenantOwned
from tests.isolation.catalogue import GLOBAL_TABLES

PACKAGE = Path(saas.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
MAX_LINES = 400

# pattern → (why not, the files that may)
FORBIDDEN = {
    r"\.commit\(\)": ("only unit_of_work commits", {"db.py"}),
    r"\b(datetime\.now\(\)|utcnow\(|date\.today\()": ("the clock is utc_now() and local_today()", set[str]()),
    r"os\.environ|getenv": ("only config.py reads the environment", {"config.py"}),
    r"^import weasyprint|^from weasyprint": ("only documents/pdf.py knows WeasyPrint", {"pdf.py", "justification.py"}),
    r"^import rq\b|^from rq\b": ("only queue.py knows RQ", {"queue.py"}),
    r"HX-Request|HX-Boosted": ("only htmx.py reads the headers of htmx", {"htmx.py", "sessions.py"}),
    r"tenant\.slug ==|county\.slug ==": ("a difference between counties is data", set[str]()),
    r"\bTODO\b|\bFIXME\b|raise NotImplementedError": ("nothing is left for later", set[str]()),
    r"Markup\(": ("text from people is escaped by the templates", {"svg.py"}),
}


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_what_is_done_in_one_place_is_done_nowhere_else(pattern: str) -> None:
    reason, allowed = FORBIDDEN[pattern]
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if path.name not in allowed and "launcher" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(pattern, line)
    ]
    assert found == [], reason


def test_scores_are_exact() -> None:
    for path in sorted((PACKAGE / "domain").rglob("*.py")):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            code = line.split("#")[0]
            assert not re.search(r"\bfloat\(|(?<![.\w])round\(", code), f"{path.name}:{number}: figures are Decimal"


def test_no_file_is_too_long() -> None:
    files = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "migrations").rglob("*.py"))]
    long = [f"{path.relative_to(ROOT)}: {lines}" for path in files if (lines := _count(path)) > MAX_LINES]
    assert long == [], "a file past 400 lines is split by what its parts do"


def _count(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_every_table_is_a_countys_except_the_named_few() -> None:
    owned = {str(mapper.local_table) for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantOwned)}

    assert set(Base.metadata.tables) - owned == set(GLOBAL_TABLES) - {"alembic_version"}


def test_addresses_are_lower_case_with_hyphens(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        fixed = re.sub(r"<[^>]+>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/.-]*", fixed), rule.rule


def test_every_view_has_declared_who_may_open_it(app: Flask) -> None:
    assert [name for name, view in app.view_functions.items() if not hasattr(view, "access")] == []


def test_the_project_speaks_of_itself_alone() -> None:
    # Written in pieces, so that this file does not find itself.
    words = ("py" + "pi.org", "npm" + "js.org", "deb.debian" + ".org", "files.python" + "hosted")
    for path in (path for folder in ("saas", "templates", "static", "docs", "tenants") for path in _texts(folder)):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in words), path


def _texts(folder: str) -> list[Path]:
    kinds = {".py", ".html", ".css", ".js", ".md", ".toml", ".csv", ".txt"}
    return [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in kinds]
