"""The play knows the application only by its pages: the addresses of the forms that it sends are those there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from saas.config import ROOT

SENT = re.compile(r'(?:find_form\(|\.form\([^"\n]*)"(/[a-z-]+)"')
FILES = sorted((ROOT / "saas" / "demo").glob("*.py"))


def endings(path: Path) -> set[str]:
    return set(SENT.findall(path.read_text()))


@pytest.mark.parametrize("ending", sorted(set().union(*map(endings, FILES))))
def test_every_form_that_the_play_sends_has_an_address(app: Flask, ending: str) -> None:
    taken = [rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]

    assert any(rule.endswith(ending) for rule in taken)


def test_the_play_sends_more_than_a_few_forms() -> None:
    assert len(set().union(*map(endings, FILES))) >= 10
