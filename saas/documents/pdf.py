"""Official documents to PDF. The only module that knows WeasyPrint.

Nothing outside is ever read: the style sheet and the fonts are handed over from memory, pictures stand in the page as
data addresses, and any other address stops the rendering. The same document with the same fonts gives the same bytes.
"""

from __future__ import annotations

import ctypes
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from fontTools.ttLib import TTFont, TTLibError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from saas.documents import justification
from saas.documents.fonts import (
    FAMILY_PREFIX,
    ROLE_NAMES,
    FontRole,
    FontSet,
    Standing,
    evened_bytes,
    names_of,
    standing_of,
)
from saas.documents.pdfium import open_pdf
from saas.documents.print_view import print_view
from saas.domain.official_document import OfficialDocument, content_digest

TEMPLATES = Path(__file__).parents[2] / "templates"

DRAFT_MARK = "草稿"
INFORMAL_MARK = "非正式稿"
OFFICIAL_SHEET = "official.css"

_FONT_SCHEME = "font:"
_BASE = "page:"  # leads nowhere, so that a relative address is refused like any other

# Pango's font map belongs to one thread at a time.
_one_at_a_time = threading.Lock()


class ResourceRefusedError(RuntimeError):
    """The page asked for something outside itself. Nothing was fetched and no PDF was made."""


@dataclass(frozen=True, slots=True)
class EmbeddedFont:
    """A font found in the produced PDF. `role` is what the page wanted it for, `name` what the font calls itself."""

    role: FontRole | None
    name: str
    standing: Standing
    is_embedded: bool


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    """A produced PDF. `is_formal` is false for a draft and where a prescribed face was substituted (替代字体)."""

    pdf: bytes
    page_count: int
    fonts: tuple[EmbeddedFont, ...]
    is_formal: bool


def render_pdf(document: OfficialDocument, *, fonts: FontSet) -> RenderedPdf:
    """Set an official document.

    A draft (no number yet) and a copy in substitute fonts say so at the head of each page. The fonts are read back from
    the result: should a face turn out not to be what was asked for, the document is set once more, marked.
    Raises ResourceRefusedError if the content asks for anything outside itself.
    """
    reasons = [f"缺少{ROLE_NAMES[face.role]}字体" for face in fonts.substitutes]
    rendered = _render(document, fonts, reasons)
    found = [f"{ROLE_NAMES[font.role]}字体未嵌入" for font in rendered.fonts if font.role and _is_foreign(font, fonts)]
    return rendered if reasons or not found else _render(document, fonts, found)


def document_html(document: OfficialDocument, *, mark: str = "") -> str:
    """Return the page as HTML, complete but for its style sheet and fonts."""
    return _environment().get_template("documents/pdf/official.html").render(view=print_view(document, mark=mark))


def page_html(template: str, **context: Any) -> str:
    """Return a print template, by its name below documents/pdf/, as HTML for `html_to_pdf`."""
    return _environment().get_template(f"documents/pdf/{template}").render(**context)


def html_to_pdf(html: str, *, fonts: FontSet, identifier: str = "", sheet: str = OFFICIAL_SHEET) -> bytes:
    """Return the PDF of a page written for a style sheet below documents/pdf/, the official one if none is named.

    `identifier` goes into the file as its identity; give the content's digest. Raises ResourceRefusedError.
    """
    fetcher = _OnlyInside({})
    with _one_at_a_time:
        style, configuration = _style(fonts, sheet)
        try:
            pdf: bytes = HTML(string=html, base_url=_BASE, url_fetcher=fetcher).write_pdf(
                stylesheets=[style],
                font_config=configuration,
                pdf_variant="pdf/ua-1",
                pdf_identifier=identifier.encode() or None,
            )
        except FatalURLFetchingError as error:
            raise ResourceRefusedError(str(error)) from error
    if fetcher.refused:  # WeasyPrint would leave out a figure that reaches outside, and say nothing
        raise ResourceRefusedError(f"the page asked for {fetcher.refused[0]}")
    return pdf


def preload(fonts: FontSet) -> None:
    """Load templates, style sheet and fonts before a worker forks, so that its jobs begin at once."""
    _environment().get_template("documents/pdf/official.html")
    _style(fonts, OFFICIAL_SHEET)


def embedded_fonts(pdf: bytes) -> tuple[EmbeddedFont, ...]:
    """Return the fonts that the pages of a PDF really use, read from the file itself."""
    with open_pdf(pdf) as opened:
        found = {_embedded_font(font) for font in _fonts_of(opened)}
    return tuple(sorted(found, key=lambda font: (font.role or "", font.name)))


def _render(document: OfficialDocument, fonts: FontSet, reasons: list[str]) -> RenderedPdf:
    marks = [DRAFT_MARK] if document.is_draft else []
    if reasons:
        marks.append(f"{INFORMAL_MARK}（{'、'.join(reasons)}）")
    html = document_html(document, mark="　".join(marks))
    pdf = html_to_pdf(html, fonts=fonts, identifier=content_digest(document)[:32])
    with open_pdf(pdf) as opened:
        page_count = len(opened)
    return RenderedPdf(pdf, page_count, embedded_fonts(pdf), is_formal=not marks)


def _is_foreign(font: EmbeddedFont, fonts: FontSet) -> bool:
    """Whether a font in the PDF stands in for a role without being the face that was given for it."""
    return not font.is_embedded or (font.role is not None and font.name != fonts.face(font.role).name)


class _OnlyInside(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Gives out what was put in, and data addresses. Everything else stops the rendering."""

    def __init__(self, inside: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
        self._inside = inside
        self.refused: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
        if url in self._inside:
            return URLFetcherResponse(url, self._inside[url])
        if not url.startswith("data:"):
            self.refused.append(url)
        return super().fetch(url, headers)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Our own environment: the same page in a request, a worker and a test, without an application around it."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache(maxsize=4)
def _style(fonts: FontSet, sheet: str) -> tuple[CSS, FontConfiguration]:
    """Return the parsed style sheet and the fonts. Parsing and loading cost more than setting a page, hence once."""
    justification.install()
    configuration = FontConfiguration()
    assets = {_FONT_SCHEME + face.family: evened_bytes(face) for face in fonts.faces}
    faces = "".join(
        f'@font-face {{ font-family: {face.family}; src: url("{_FONT_SCHEME}{face.family}") }}\n'
        for face in fonts.faces
    )
    rules = (TEMPLATES / "documents/pdf" / sheet).read_text(encoding="utf-8")
    css = CSS(string=faces + rules, font_config=configuration, url_fetcher=_OnlyInside(assets))
    return css, configuration


def _fonts_of(opened: pypdfium2.PdfDocument) -> Iterator[Any]:
    """Yield each font that text on the pages is set in, once, also inside figures.

    Fonts are told apart by the name under which the file carries them: each subset has its own.
    """
    seen = set()
    for page in opened:
        known = set()  # addresses hold as long as the page is open
        for text in _texts(page.raw, pdfium.FPDFPage_CountObjects, pdfium.FPDFPage_GetObject):
            font = pdfium.FPDFTextObj_GetFont(text)
            address = ctypes.addressof(font.contents)
            if address not in known:
                known.add(address)
                if (name := _base_name(font)) not in seen:
                    seen.add(name)
                    yield font
        page.close()


def _texts(holder: Any, count: Callable[[Any], int], get: Callable[[Any, int], Any]) -> Iterator[Any]:
    """Yield the pieces of text of a page or of a figure on it. A page of tables has thousands: none is wrapped."""
    for index in range(count(holder)):
        piece = get(holder, index)
        kind = pdfium.FPDFPageObj_GetType(piece)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            yield piece
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            yield from _texts(piece, pdfium.FPDFFormObj_CountObjects, pdfium.FPDFFormObj_GetObject)


def _embedded_font(font: Any) -> EmbeddedFont:
    asked_for = _base_name(font)
    role = next((role for role in FontRole if FAMILY_PREFIX + role.value in asked_for), None)
    name, names = _names_inside(font) or (asked_for, asked_for)
    standing = standing_of(role, names) if role else Standing.SUBSTITUTE
    return EmbeddedFont(role, name, standing, bool(pdfium.FPDFFont_GetIsEmbedded(font)))


def _base_name(font: Any) -> str:
    buffer = ctypes.create_string_buffer(256)
    pdfium.FPDFFont_GetBaseFontName(font, buffer, len(buffer))
    return buffer.value.decode(errors="replace")


def _names_inside(font: Any) -> tuple[str, str] | None:
    """Return the names in the embedded font file, or None if it carries none."""
    length = ctypes.c_size_t()
    pdfium.FPDFFont_GetFontData(font, None, 0, length)
    buffer = (ctypes.c_uint8 * length.value)()
    pdfium.FPDFFont_GetFontData(font, buffer, length.value, length)
    try:
        return names_of(TTFont(io.BytesIO(bytes(buffer)), lazy=True))
    except (TTLibError, KeyError):
        return None
