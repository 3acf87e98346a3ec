"""Configuration packs (配置包): a folder of readable files that describes a county, read and checked as a whole.

`read_pack` is the only way in. It changes nothing and knows no clock and no database: the year that `{year}` stands
for and the unit that `@root` stands for are given by the caller. An older format is brought up to the newest one while
it is read. Reading ends with a `Pack` or with a
`PackError` that lists every problem found. The format is documented in `docs/packs.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from saas.tenancy import pack_checks
from saas.tenancy.pack_configuration import (
    BODIES,
    COHORTS,
    COLLECTIONS,
    HISTORY,
    ROUTES,
    TARGETS,
    Configuration,
    read_configuration,
)
from saas.tenancy.pack_errors import build_toml
from saas.tenancy.pack_files import (
    ROOT_PLACEHOLDER,
    PackError,
    PackProblem,
    Problems,
    Terms,
    TomlFile,
    read_toml,
)
from saas.tenancy.pack_history import check_history
from saas.tenancy.pack_migrations import migrate
from saas.tenancy.pack_organisation import Organisation, find_root, read_organisation
from saas.tenancy.pack_references import check_references
from saas.tenancy.pack_schema import SCHEMA_VERSION, PackHead
from saas.tenancy.pack_source import Source
from saas.tenancy.pack_structure_checks import FUNCTIONS, HIERARCHIES, LINK_KINDS, PLACEMENTS, POST_TEMPLATES

__all__ = ["Configuration", "Organisation", "Pack", "PackError", "PackProblem", "read_pack"]

HEAD = "pack.toml"
MAX_SEAL_BYTES = 500_000
_PNG = b"\x89PNG\r\n\x1a\n"
_COUNTY_FILES = (pack_checks.UNIT_TYPES, pack_checks.UNITS, pack_checks.POSTS)
_COUNTY_ONLY = (pack_checks.UNITS, pack_checks.PEOPLE, pack_checks.LINKS, PLACEMENTS)
_TABLES = (FUNCTIONS, HIERARCHIES, LINK_KINDS, POST_TEMPLATES, pack_checks.ATTRIBUTES, *_COUNTY_FILES, *_COUNTY_ONLY)
_FILES = frozenset({HEAD, ROUTES, COLLECTIONS, TARGETS, COHORTS, BODIES, HISTORY, "README.md", *_TABLES})
_TOML_FOLDERS = frozenset({"choices", "forms", "schemes", "plans", "registers"})
_FREE_FOLDERS = frozenset({"assets"})
_LATER_FOLDERS = frozenset({"documents"})
"""Kept free for what later formats bring: a pack that has one is for a newer program."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a pack says, checked. Lists keep the order of their files. `root` is the unit that `@root` meant.

    `files` are its texts as they were read, by path; `assets` what else lies in assets/.
    """

    head: PackHead
    organisation: Organisation
    configuration: Configuration
    root: str = ROOT_PLACEHOLDER
    files: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, bytes] = field(default_factory=dict)


def read_pack(folder: Path, *, year: int, root: str | None = None) -> Pack:
    """Read and check the pack in `folder`; `{year}` in its files means `year` (计划年度).

    `@root` means the unit with the code `root`, in a pack with units of its own always the one without a parent.
    Raises PackError with every problem found: file, line where there is one, what is wrong, what to do.
    """
    problems = Problems()
    if not folder.is_dir():
        problems.add(str(folder), "没有这个文件夹", "请检查配置包的路径")
        raise PackError(problems.found)
    _check_files(folder, problems)
    terms = Terms(year, find_root(folder) or root or ROOT_PLACEHOLDER)
    head_file = _read_head_file(folder, problems, terms)
    head = _head(folder, head_file, problems) if head_file else None
    terms = replace(terms, schema=head_file.mapping.get("schema", 0) if head_file else 0)
    organisation = read_organisation(folder, problems, terms)
    configuration = read_configuration(folder, problems, terms)
    references = check_references(configuration, organisation, problems, root=terms.root)
    check_history(configuration, organisation, references)
    if head_file is not None and head is not None and head.branding is not None:
        references.check("单位", head.branding.issuing_unit, Source(head_file, ("branding", "issuing_unit")))
    if head is None or problems.found:
        raise PackError(problems.found)
    return Pack(head, organisation, configuration, terms.root, pack_texts(folder), _assets(folder))


def pack_texts(folder: Path) -> dict[str, str]:
    """The texts of a pack by their paths, as they are written, without what lies in assets/."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8-sig")
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".toml", ".csv", ".md"} and path.is_file() and not _is_hidden(path.relative_to(folder))
    }


def _assets(folder: Path) -> dict[str, bytes]:
    found = (path for path in sorted((folder / "assets").rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def _is_hidden(relative: Path) -> bool:
    return any(part.startswith(".") for part in relative.parts)


def _check_files(folder: Path, problems: Problems) -> None:
    """Note files that nothing would read: a misspelt name must not silently leave half a pack out."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or _is_hidden(relative):
            continue
        top, name = relative.parts[0], relative.as_posix()
        is_known = name in _FILES or top in _FREE_FOLDERS
        if len(relative.parts) == 2 and top in _TOML_FOLDERS and path.suffix == ".toml":
            is_known = True
        if top in _LATER_FOLDERS:
            problems.add(name, f"本系统还不认识 {top}/ 里的内容", "请升级系统，或删去这个文件夹")
        elif not is_known:
            problems.add(
                name, "配置包里没有这种文件", "请检查文件名和位置（见 docs/packs.md），或删去；附带材料放在 assets/"
            )


def _read_head_file(folder: Path, problems: Problems, terms: Terms) -> TomlFile | None:
    """Read pack.toml as it is written: which format the pack has is only known from it."""
    if not (folder / HEAD).is_file():
        problems.add(HEAD, "缺少文件", "每个配置包都要有 pack.toml，写明名称、标题和格式版本")
        return None
    return read_toml(folder, HEAD, problems, terms)


def _head(folder: Path, source: TomlFile, problems: Problems) -> PackHead | None:
    schema = source.mapping.get("schema")
    if isinstance(schema, int) and schema > SCHEMA_VERSION:
        text = f"格式版本是 {schema}，本系统只认识到 {SCHEMA_VERSION}"
        problems.add(HEAD, text, "请升级系统，或用旧格式重新导出", line=source.line_of(["schema"]), path="schema")
        return None
    mapping = migrate(HEAD, source.mapping, schema) if isinstance(schema, int) else source.mapping
    head = build_toml(PackHead, source, mapping, problems)
    if head is None:
        return None
    if head.kind == "county":
        for file in _COUNTY_FILES:
            if not (folder / file).is_file():
                problems.add(file, "缺少文件", '县级配置包（kind = "county"）要有这个文件')
    else:
        _check_starter(folder, problems)
    if head.branding is not None and head.branding.seal:
        _check_seal(folder, head.branding.seal, source, problems)
    return head


def _check_starter(folder: Path, problems: Problems) -> None:
    """A starter pack names the county's own units: it brings none, nor people, nor a past."""
    for file in (*_COUNTY_ONLY, HISTORY):
        if (folder / file).is_file():
            advice = '起步配置包（kind = "starter"）不带单位、人员、联系和历史：请删去，县本级写作 @root'
            problems.add(file, "起步配置包不能有这个文件", advice)


def _check_seal(folder: Path, file: str, source: TomlFile, problems: Problems) -> None:
    path = folder / file
    if not path.is_file() or path.is_symlink():
        text, advice = f"没有文件“{file}”", "请把印章图样放到 assets/ 里，或删去 seal"
    elif not path.read_bytes().startswith(_PNG):
        text, advice = f"“{file}”不是 PNG 图像", "请另存为 PNG 格式"
    elif path.stat().st_size > MAX_SEAL_BYTES:
        text, advice = f"“{file}”超过 {MAX_SEAL_BYTES // 1000} KB", "请缩小图像"
    else:
        return
    problems.add(HEAD, text, advice, line=source.line_of(["branding", "seal"]), path="branding.seal")
