"""Configuration packs (配置包): a folder of readable files that describes a county, read and checked as a whole.

`read_pack` is the only way in. It changes nothing and knows no clock and no database: the year that `{year}` stands
for is given by the caller, so that a demonstration is believable on any day. Reading ends with a `Pack` or with a
`PackError` that lists every problem found. The format is documented in `docs/packs.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from saas.tenancy import pack_checks
from saas.tenancy.pack_configuration import (
    COLLECTIONS,
    HISTORY,
    ROUTES,
    TARGETS,
    Configuration,
    Source,
    read_configuration,
)
from saas.tenancy.pack_errors import build_toml
from saas.tenancy.pack_files import PackError, PackProblem, Problems, TomlFile, read_toml
from saas.tenancy.pack_history import check_history
from saas.tenancy.pack_organisation import Organisation, read_organisation
from saas.tenancy.pack_references import check_references
from saas.tenancy.pack_schema import SCHEMA_VERSION, PackHead

__all__ = ["Configuration", "Organisation", "Pack", "PackError", "PackProblem", "read_pack"]

HEAD = "pack.toml"
_COUNTY_FILES = (pack_checks.UNIT_TYPES, pack_checks.UNITS, pack_checks.POSTS, pack_checks.PEOPLE)
_FILES = frozenset({HEAD, ROUTES, COLLECTIONS, TARGETS, HISTORY, "README.md", *_COUNTY_FILES}) | {
    pack_checks.ATTRIBUTES,
    pack_checks.LINKS,
}
_TOML_FOLDERS = frozenset({"forms", "schemes", "plans"})
_FREE_FOLDERS = frozenset({"assets"})


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a pack says, checked. Lists keep the order of their files."""

    head: PackHead
    organisation: Organisation
    configuration: Configuration


def read_pack(folder: Path, *, year: int) -> Pack:
    """Read and check the pack in `folder`; `{year}` in its files means `year` (计划年度).

    Raises PackError with every problem found: file, line where there is one, what is wrong, what to do.
    """
    problems = Problems()
    if not folder.is_dir():
        problems.add(str(folder), "没有这个文件夹", "请检查配置包的路径")
        raise PackError(problems.found)
    _check_files(folder, problems)
    head_file = _read_head_file(folder, problems, year)
    head = _head(folder, head_file, problems) if head_file else None
    organisation = read_organisation(folder, problems)
    configuration = read_configuration(folder, problems, year=year)
    references = check_references(configuration, organisation, problems)
    check_history(configuration, organisation, references)
    if head_file is not None and head is not None and head.branding is not None:
        references.check("单位", head.branding.issuing_unit, Source(head_file, ("branding", "issuing_unit")))
    if head is None or problems.found:
        raise PackError(problems.found)
    return Pack(head=head, organisation=organisation, configuration=configuration)


def _check_files(folder: Path, problems: Problems) -> None:
    """Note files that nothing would read: a misspelt name must not silently leave half a pack out."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or any(part.startswith(".") for part in relative.parts):
            continue
        top, name = relative.parts[0], relative.as_posix()
        is_known = name in _FILES or top in _FREE_FOLDERS
        if len(relative.parts) == 2 and top in _TOML_FOLDERS and path.suffix == ".toml":
            is_known = True
        if not is_known:
            problems.add(
                name, "配置包里没有这种文件", "请检查文件名和位置（见 docs/packs.md），或删去；附带材料放在 assets/"
            )


def _read_head_file(folder: Path, problems: Problems, year: int) -> TomlFile | None:
    if not (folder / HEAD).is_file():
        problems.add(HEAD, "缺少文件", "每个配置包都要有 pack.toml，写明名称、标题和格式版本")
        return None
    return read_toml(folder, HEAD, problems, year=year)


def _head(folder: Path, source: TomlFile, problems: Problems) -> PackHead | None:
    version = source.mapping.get("schema")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        text = f"格式版本是 {version}，本系统只认识到 {SCHEMA_VERSION}"
        problems.add(HEAD, text, "请升级系统，或用旧格式重新导出", line=source.line_of(["schema"]), path="schema")
        return None
    head = build_toml(PackHead, source, source.mapping, problems)
    if head is not None and head.kind == "county":
        for file in _COUNTY_FILES:
            if not (folder / file).is_file():
                problems.add(file, "缺少文件", '县级配置包（kind = "county"）要有这个文件')
    return head
