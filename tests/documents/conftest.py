"""Fonts for the tests: the ones the set-up fetched, or stand-ins that carry their names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from fontTools.ttLib import TTFont

from saas.documents.fonts import FontRole, FontSet, Standing, find_fonts
from saas.documents.pdf import RenderedPdf, render_pdf
from tests.documents.samples import bulletin, plan_notice

FETCHED = Path(os.environ.get("FONT_DIR") or Path(__file__).parents[2] / "var/fonts")

RenamedFonts: TypeAlias = Callable[[Path, str], None]


@pytest.fixture(scope="session")
def renamed_fonts(tmp_path_factory: pytest.TempPathFactory) -> RenamedFonts:
    """Return a function that writes an open face under another name, where a test needs a font of that name."""
    open_face = find_fonts(tmp_path_factory.mktemp("no-fonts")).face(FontRole.FALLBACK).path

    def write(path: Path, name: str) -> None:
        with TTFont(open_face, lazy=True, recalcTimestamp=False) as font:
            for record in font["name"].names:
                if record.nameID in (1, 4, 6, 16):
                    record.string = name
            font.save(path, reorderTables=None)

    return write


@pytest.fixture(scope="session")
def fonts(renamed_fonts: RenamedFonts, tmp_path_factory: pytest.TempPathFactory) -> FontSet:
    """Faces of the right style for every role."""
    fetched = find_fonts(FETCHED)
    if not any(face.standing is Standing.SUBSTITUTE for face in fetched.faces):
        return fetched
    folder = tmp_path_factory.mktemp("fonts")
    for name in ("FandolFang-Regular", "FandolKai-Regular", "FandolSong-Bold"):
        renamed_fonts(folder / f"{name}.otf", name)
    return find_fonts(folder)


@pytest.fixture(scope="session")
def notice(fonts: FontSet) -> RenderedPdf:
    return render_pdf(plan_notice(), fonts=fonts)


@pytest.fixture(scope="session")
def ranking(fonts: FontSet) -> RenderedPdf:
    return render_pdf(bulletin(), fonts=fonts)
