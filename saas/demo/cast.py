"""Who plays: login names by unit and post, from the pack; and the browser of each while the play goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from saas.demo.counties import Demonstration
from saas.demo.pages import Link, Page
from saas.demo.visitor import Unexpected, Visitor
from saas.tenancy.pack_schema import RoleName, UnitRow
from saas.tenancy.packs import Pack

T = TypeVar("T")
AT_ONCE = 4
DOCUMENT_SECONDS = 180.0
JOB_SECONDS = 120.0
PAUSE = 0.5
PAGES_SEARCHED = 20


@dataclass
class Play:
    """One county on the day of the play."""

    base_url: str
    demonstration: Demonstration
    pack: Pack
    today: date
    folder: Path
    say: Callable[[str], None]
    papers: list[Path] = field(default_factory=list)
    _visitors: dict[str, Visitor] = field(default_factory=dict)

    def step(self, text: str, result: str, since: float) -> None:
        """Print one step with its result and how long it took."""
        self.say(f"✓ {self.demonstration.name} {text}：{result}（{time.monotonic() - since:.1f} s）")

    def visitor(self, login_name: str) -> Visitor:
        """The browser of a person, signed in."""
        if login_name not in self._visitors:
            self._visitors[login_name] = Visitor(self.base_url, self.demonstration.slug).sign_in(login_name)
        return self._visitors[login_name]

    def together(self, work: Callable[[T], None], items: Sequence[T]) -> None:
        """Let several people work at the same time. The first that fails ends the play, after the others are done."""
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            for done in [pool.submit(work, item) for item in items]:
                done.result()

    def close(self) -> None:
        """Close every browser."""
        for visitor in self._visitors.values():
            visitor.__exit__(None, None, None)
        self._visitors.clear()

    # --- who is who -------------------------------------------------------------------------------------------------

    @cached_property
    def units(self) -> dict[str, UnitRow]:
        return {unit.code: unit for unit in self.pack.organisation.units}

    @cached_property
    def root(self) -> str:
        """The code of the county itself."""
        return next(unit.code for unit in self.pack.organisation.units if not unit.parent)

    def logins(self, unit: str, role: RoleName | None = None, post: str = "") -> list[str]:
        """The login names of who holds a post at a unit: one with the role, or the post of that name."""
        posts = {
            (row.unit, row.name)
            for row in self.pack.organisation.posts
            if row.unit == unit and (role in row.roles if role else row.name == post)
        }
        return [
            person.login_name
            for person in self.pack.organisation.people
            if any((ref.unit, ref.name) in posts for ref in person.posts)
        ]

    def below(self, unit: str) -> list[UnitRow]:
        """The units right below a unit."""
        return [row for row in self.pack.organisation.units if row.parent == unit]

    # --- what everybody does ----------------------------------------------------------------------------------------

    def search(self, visitor: Visitor, path: str, matches: Callable[[Link], bool]) -> list[Link]:
        """The links of a list that match, over all its pages."""
        found: list[Link] = []
        separator = "&" if "?" in path else "?"
        for number in range(1, PAGES_SEARCHED + 1):
            page = visitor.open(f"{path}{separator}page={number}")
            found += [link for link in page.links if matches(link)]
            if page.find_link(href=f"page={number + 1}") is None:
                break
        return found

    def open_cases(self, login_name: str, words: str) -> list[Link]:
        """What waits for somebody's decision and has these words in its title."""
        return self.search(
            self.visitor(login_name), "/cases", lambda link: "/cases/" in link.href and words in link.text
        )

    def approve(self, login_name: str, case: Link, comment: str = "") -> Page:
        """Open a case and decide for it."""
        visitor = self.visitor(login_name)
        return visitor.send(visitor.form(visitor.open(case.href), "/approve"), {"comment": comment})

    def download(self, login_name: str, document: str, name: str) -> Path:
        """Wait on the page of a document until a worker has made its file, and save the file."""
        visitor = self.visitor(login_name)
        until = time.monotonic() + DOCUMENT_SECONDS
        while (link := (page := visitor.open(document)).find_link(href="/download")) is None:
            if "没有生成成功" in page.text or time.monotonic() > until:
                raise visitor.unexpected(page, f"the file of {document} within {DOCUMENT_SECONDS:.0f} s")
            time.sleep(PAUSE)
        content = visitor.open(link.href).content
        if not content.startswith(b"%PDF-"):
            raise Unexpected(f"{link.href} is no PDF")
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{self.demonstration.slug}-{name}.pdf"
        path.write_bytes(content)
        self.papers.append(path)
        return path
