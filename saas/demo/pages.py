"""A page as a person without scripts uses it: its text, its links and its forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_SKIPPED = frozenset({"script", "style", "template"})
_NOT_TYPED = frozenset({"submit", "button", "reset", "image", "file"})
_ALERTS = frozenset({"alert"})


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads and what it says."""

    href: str
    text: str


@dataclass(slots=True)
class Form:
    """A form with what its controls hold, and its buttons by name and value."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # of every control, filled or not
    buttons: set[tuple[str, str]] = field(default_factory=set)

    def filled(self, values: Mapping[str, str | list[str]]) -> list[tuple[str, str]]:
        """What the browser would send after these values were typed; the other controls keep what they hold."""
        pairs = [(name, value) for name, value in self.fields if name not in values]
        for name, value in values.items():
            pairs += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return pairs


@dataclass(frozen=True, slots=True)
class Page:
    """What came back for a request. `path` is where the redirects ended."""

    status: int
    path: str
    content: bytes
    text: str
    alerts: tuple[str, ...]
    links: tuple[Link, ...]
    forms: tuple[Form, ...]

    def find_link(self, text: str = "", *, href: str = "") -> Link | None:
        """The first link that says `text` and leads to an address with `href` in it."""
        return next((link for link in self.links if text in link.text and href in link.href), None)

    def find_form(self, ending: str) -> Form | None:
        """The first form that is sent to an address with this ending."""
        return next((form for form in self.forms if form.action.partition("?")[0].endswith(ending)), None)


def read_page(status: int, path: str, content: bytes, media_type: str) -> Page:
    """Read what came back. Anything but HTML has no text, links or forms."""
    reader = _Reader()
    if media_type.startswith("text/html"):
        reader.feed(content.decode())
        reader.close()
    text = " ".join(" ".join(reader.words).split())
    alerts = tuple(" ".join("".join(words).split()) for words in reader.alerts)
    return Page(status, path, content, text, alerts, tuple(reader.links), tuple(reader.forms))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.links: list[Link] = []
        self.forms: list[Form] = []
        self.alerts: list[list[str]] = []
        self._skipped = 0
        self._form: Form | None = None
        self._href: str | None = None
        self._link_words: list[str] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: str | None = None
        self._area_words: list[str] = []
        self._alert_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in _SKIPPED:
            self._skipped += 1
        if self._alert_depth and tag == "div":
            self._alert_depth += 1
        elif found.get("role") in _ALERTS and tag == "div":
            self._alert_depth = 1
            self.alerts.append([])
        if tag == "a" and "href" in found:
            self._href, self._link_words = found["href"], []
        elif tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(tag, found, self._form)

    def _control(self, tag: str, found: dict[str, str], form: Form) -> None:
        name = found.get("name", "")
        if tag == "option" and self._select is not None:
            self._options.append((found.get("value", ""), "selected" in found))
        if not name or "disabled" in found:
            return
        kind = found.get("type", "text")
        if tag == "button" or kind == "submit":
            form.buttons.add((name, found.get("value", "")))
            return
        form.names.add(name)
        if tag == "select":
            self._select, self._options = name, []
        elif tag == "textarea":
            self._area, self._area_words = name, []
        elif tag == "input" and kind in {"checkbox", "radio"}:
            if "checked" in found:
                form.fields.append((name, found.get("value", "on")))
        elif tag == "input" and kind not in _NOT_TYPED:
            form.fields.append((name, found.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped -= 1
        if tag == "div" and self._alert_depth:
            self._alert_depth -= 1
        if tag == "a" and self._href is not None:
            self.links.append(Link(self._href, " ".join("".join(self._link_words).split())))
            self._href = None
        elif tag == "form":
            self._form = None
        elif tag == "select" and self._select is not None and self._form is not None:
            chosen = [value for value, is_selected in self._options if is_selected]
            chosen = chosen or [value for value, _ in self._options[:1]]
            self._form.fields += [(self._select, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._area is not None and self._form is not None:
            self._form.fields.append((self._area, "".join(self._area_words).removeprefix("\n")))
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._area is not None:
            self._area_words.append(data)
            return
        self.words.append(data)
        if self._href is not None:
            self._link_words.append(data)
        if self._alert_depth:
            self.alerts[-1].append(data)
