"""What templates, style sheets and scripts must keep to. Run it: `python -m tests.template_lint`.

The pages are shown under a content policy without inline code and without evaluation, must work without scripts, and
speak through the translation catalogue. All that can be read from the sources, so it is.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, nodes

ROOT = Path(__file__).resolve().parent.parent
PRINT_FOLDERS = ("documents/", "emails/")  # complete documents with their own style, always in Chinese

HAN = re.compile(r"[㐀-鿿]")
TRANSLATORS = {"_", "N_", "gettext", "ngettext", "pgettext"}
HX_ATTRIBUTES = {
    "hx-get", "hx-post", "hx-target", "hx-swap", "hx-swap-oob", "hx-trigger", "hx-push-url", "hx-replace-url",
    "hx-select", "hx-indicator", "hx-include", "hx-sync",
}  # fmt: skip
_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
_STATEMENT = re.compile(r"{%.*?%}", re.DOTALL)
_EXPRESSION = re.compile(r"{{(.*?)}}", re.DOTALL)
_UNESCAPED = re.compile(r"\|\s*safe\b|\bMarkup\b|autoescape\s+false|\|\s*unescape\b")
_POST_FORM = re.compile(r"<form\b[^>]*method=.post.*?</form>", re.DOTALL)
_TOKEN = re.compile(r"csrf_token|hidden_fields\(|hidden_tag\(")
_RAW_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)|\b(?:rgb|hsl)a?\(")
_SCRIPT_EVIL = re.compile(r"\beval\(|new Function|\.innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write")

Fragments = Mapping[str, set[str]]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to put right."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def lint_template(name: str, source: str, fragments: Iterable[str] = ()) -> list[Finding]:
    """Return what is wrong with one template. `fragments` are the blocks that views send alone."""
    try:
        tree = _environment().parse(source)
    except TemplateSyntaxError as error:
        return [Finding(name, error.lineno, f"does not compile: {error.message}")]
    is_print = name.startswith(PRINT_FOLDERS)
    markup = _markup_only(source)
    findings = [*_unescaped(name, source), *_lint_tags(name, markup, is_print), *_forms_without_token(name, source)]
    if not is_print:
        findings += _untranslated(name, tree)
    for fragment in fragments:
        findings += _lint_fragment(name, source, tree, fragment)
    return sorted(set(findings))


def _environment() -> Environment:
    return Environment(autoescape=True, extensions=["jinja2.ext.i18n"])


def _markup_only(source: str) -> str:
    """Return the HTML of a template: comments and statements out, expressions as a word; lines keep their numbers."""

    def blank(match: re.Match[str]) -> str:
        return "\n" * match[0].count("\n")

    markup = _STATEMENT.sub(blank, _COMMENT.sub(blank, source))
    return _EXPRESSION.sub(lambda match: "{" + _squeezed(match[1]) + "}" + "\n" * match[1].count("\n"), markup)


def _squeezed(expression: str) -> str:
    return re.sub(r"[\s\"'<>]+", "_", expression.strip())


def _unescaped(name: str, source: str) -> Iterator[Finding]:
    for number, line in enumerate(_COMMENT.sub(lambda m: "\n" * m[0].count("\n"), source).splitlines(), 1):
        if _UNESCAPED.search(line):
            yield Finding(name, number, "prints without escaping")


def _forms_without_token(name: str, source: str) -> Iterator[Finding]:
    for match in _POST_FORM.finditer(source):
        if not _TOKEN.search(match[0]):
            yield Finding(name, source.count("\n", 0, match.start()) + 1, "a POST form without csrf_token")


class _Tags(HTMLParser):
    """The opening tags of a page, with the line of each."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str], int]] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}, self.getpos()[0]))


def _lint_tags(name: str, markup: str, is_print: bool) -> Iterator[Finding]:
    seen: set[str] = set()
    for tag, attributes, line in _Tags(markup).tags:
        texts = [*_inline(tag, attributes, is_print), *_hx(tag, attributes), *_plain(tag, attributes)]
        own_id = attributes.get("id", "")
        if own_id and "{" not in own_id:
            texts += [f"id “{own_id}” stands twice"] if own_id in seen else []
            seen.add(own_id)
        for text in texts:
            yield Finding(name, line, text)


def _inline(tag: str, attributes: Mapping[str, str], is_print: bool) -> Iterator[str]:
    if tag == "style" and not is_print:
        yield "inline <style>"
    if tag == "script" and not attributes.get("src"):
        yield "inline <script>"
    for key, value in attributes.items():
        if key == "style" and not is_print:
            yield "inline style attribute"
        if key.startswith("on"):
            yield f"inline handler {key}"
        if re.match(r"\s*(javascript|js):", value):
            yield f"code in {key}"
        if key in ("src", "href", "action") and re.match(r"\s*(https?:)?//", value):
            yield f"{key} leaves the site"


def _hx(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for key in attributes:
        if key.startswith(("hx-", "data-hx-")) and key not in HX_ATTRIBUTES:
            yield f"{key} is not one of the attributes we use"
    if "[" in attributes.get("hx-trigger", ""):
        yield "hx-trigger with a filter needs evaluation"
    polls = attributes.get("hx-trigger", "").startswith("load")
    if "hx-get" in attributes and not polls and attributes["hx-get"] not in _plain_addresses(attributes):
        yield "hx-get without the same href or action"
    looks_again = attributes.get("hx-include") == "closest form" and attributes.get("hx-trigger", "").startswith(
        "change"
    )
    if "hx-post" in attributes and not looks_again:  # such a form shows by itself what its answers change
        if tag != "form" or attributes.get("method") != "post" or attributes.get("action") != attributes["hx-post"]:
            yield "hx-post without a form of the same action and method=post"
        if not attributes.get("hx-target"):
            yield "hx-post without hx-target"


def _plain_addresses(attributes: Mapping[str, str]) -> set[str]:
    return {attributes.get("href", ""), attributes.get("action", "")} - {""}


def _plain(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    if tag == "img" and "alt" not in attributes:
        yield "img without alt"
    if tag == "a" and attributes.get("href", "#") in ("", "#"):
        yield "a link without an address"
    if tag == "form" and "method" not in attributes:
        yield "form without method"


def _untranslated(name: str, tree: nodes.Template) -> Iterator[Finding]:
    inside = {
        id(constant)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in TRANSLATORS
        for constant in call.find_all(nodes.Const)
    }
    for data in tree.find_all(nodes.TemplateData):
        match = HAN.search(data.data)
        if match:
            line = data.lineno + data.data.count("\n", 0, match.start())
            yield Finding(name, line, f"Chinese text outside _(): {_excerpt(data.data, match)}")
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and HAN.search(constant.value) and id(constant) not in inside:
            yield Finding(name, constant.lineno, f"Chinese text outside _(): {constant.value[:20]}")


def _excerpt(text: str, match: re.Match[str]) -> str:
    return text[match.start() : match.start() + 20].split("\n")[0].split("<")[0]


def _lint_fragment(name: str, source: str, tree: nodes.Template, fragment: str) -> Iterator[Finding]:
    block = next((block for block in tree.find_all(nodes.Block) if block.name == fragment), None)
    if block is None:
        yield Finding(name, 1, f"no block “{fragment}”, which a view sends")
        return
    body = _block_source(source, fragment)
    if not body.strip().startswith("{% include"):
        tags = _Tags(_markup_only(body)).tags
        if not tags or tags[0][1].get("id") != fragment:
            yield Finding(name, block.lineno, f"the root element of block “{fragment}” needs that id")
    outside = _imported(tree) - _imported(block)
    used = {node.name for node in block.find_all(nodes.Name)} & outside
    for macro in sorted(used):
        yield Finding(name, block.lineno, f"block “{fragment}” uses {macro}, which is imported outside it")


def _block_source(source: str, block: str) -> str:
    """Return what stands between the opening and the matching end of a block."""
    opening = re.compile(r"{%-?\s*block\s+" + re.escape(block) + r"\b.*?%}", re.DOTALL).search(source)
    assert opening is not None
    depth = 1
    for match in re.finditer(r"{%-?\s*(block|endblock)\b.*?%}", source[opening.end() :], re.DOTALL):
        depth += 1 if match[1] == "block" else -1
        if depth == 0:
            return source[opening.end() : opening.end() + match.start()]
    return source[opening.end() :]


def _imported(node: nodes.Node) -> set[str]:
    names: set[str] = set()
    for statement in node.find_all(nodes.FromImport):
        names |= {name if isinstance(name, str) else name[1] for name in statement.names}
    return names


def fragments_of_views(folder: Path) -> dict[str, set[str]]:
    """Return which blocks of which templates the views below `folder` send alone, from their calls of render_page."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _called(call) == "render_page" and call.args:
                fragment = next((word.value for word in call.keywords if word.arg == "fragment"), None)
                template = call.args[0]
                if isinstance(template, ast.Constant) and isinstance(fragment, ast.Constant):
                    found.setdefault(str(template.value), set()).add(str(fragment.value))
    return found


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def lint_stylesheet(name: str, source: str) -> list[Finding]:
    """Return what is wrong with a style sheet: raw colours outside tokens.css, anything from elsewhere."""
    findings = []
    for number, line in enumerate(source.splitlines(), 1):
        if not name.endswith("tokens.css") and _RAW_COLOUR.search(line):
            findings.append(Finding(name, number, "a raw colour: use a token"))
        if "@import" in line or "url(" in line:
            findings.append(Finding(name, number, "loads another file"))
    return findings


def lint_script(name: str, source: str) -> list[Finding]:
    """Return what is wrong with a script of ours: evaluation, markup made from text, words on the screen."""
    findings = []
    for number, line in enumerate(source.splitlines(), 1):
        if _SCRIPT_EVIL.search(line):
            findings.append(Finding(name, number, "makes code or markup out of text"))
        if HAN.search(line):
            findings.append(Finding(name, number, "words on the screen come from the page"))
    return findings


def lint_all(root: Path = ROOT) -> list[Finding]:
    """Check every template, style sheet and script of the application."""
    fragments = fragments_of_views(root / "saas")
    templates = root / "templates"
    sources = {path.relative_to(templates).as_posix(): path.read_text() for path in sorted(templates.rglob("*.html"))}
    findings = [
        Finding(name, 1, "a view renders this template, which does not exist")
        for name in sorted(set(fragments) - set(sources))
    ]
    for name, source in sources.items():
        findings += lint_template(name, source, sorted(fragments.get(name, ())))
    findings += _targets_without_element(sources)
    for path in sorted((root / "static/css").glob("*.css")):
        findings += lint_stylesheet(path.name, path.read_text())
    for path in sorted((root / "static/js").glob("*.js")):
        findings += lint_script(path.name, path.read_text())
    return findings


def _targets_without_element(sources: Mapping[str, str]) -> Iterator[Finding]:
    tags = {name: _Tags(_markup_only(source)).tags for name, source in sources.items()}
    ids = {attributes.get("id", "") for found in tags.values() for _, attributes, _ in found}
    for name, found in tags.items():
        for _, attributes, line in found:
            target = attributes.get("hx-target", "")
            if target.startswith("#") and "{" not in target and target[1:] not in ids:
                yield Finding(name, line, f"hx-target {target} is no element's id")


if __name__ == "__main__":
    problems = lint_all()
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    sys.stdout.write(f"templates, styles, scripts: {len(problems)} findings\n")
    sys.exit(1 if problems else 0)
