"""Configuration packs (配置包): a folder of readable files that describes a county, read and checked as a whole.

`read_pack` is the only way in. It changes nothing and knows no clock and no database: the year that `{year}` stands
for is given by the caller, so that a demonstration is believable on any day. Reading ends with a `Pack` or with a
`PackError` that lists every problem found. The format is documented in `docs/packs.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from saas.tenancy import pack_checks
from saas.tenancy.pack_errors import build_toml
from saas.tenancy.pack_files import PackError, PackProblem, Problems, read_toml
from saas.tenancy.pack_organisation import Organisation, read_organisation
from saas.tenancy.pack_schema import SCHEMA_VERSION, PackHead

__all__ = ["Organisation", "Pack", "PackError", "PackProblem", "read_pack"]

HEAD = "pack.toml"
_COUNTY_FILES = (pack_checks.UNIT_TYPES, pack_checks.UNITS, pack_checks.POSTS, pack_checks.PEOPLE)


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything a pack says, checked. Lists keep the order of their files."""

    head: PackHead
    organisation: Organisation


def read_pack(folder: Path, *, year: int) -> Pack:
    """Read and check the pack in `folder`; `{year}` in its files means `year` (计划年度).

    Raises PackError with every problem found: file, line where there is one, what is wrong, what to do.
    """
    problems = Problems()
    if not folder.is_dir():
        problems.add(str(folder), "没有这个文件夹", "请检查配置包的路径")
        raise PackError(problems.found)
    head = _read_head(folder, problems)
    organisation = read_organisation(folder, problems)
    if head is None or problems.found:
        raise PackError(problems.found)
    return Pack(head=head, organisation=organisation)


def _read_head(folder: Path, problems: Problems) -> PackHead | None:
    if not (folder / HEAD).is_file():
        problems.add(HEAD, "缺少文件", "每个配置包都要有 pack.toml，写明名称、标题和格式版本")
        return None
    source = read_toml(folder, HEAD, problems)
    if source is None:
        return None
    version = source.mapping.get("schema")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        problems.add(
            HEAD,
            f"格式版本是 {version}，本系统只认识到 {SCHEMA_VERSION}",
            "请升级系统，或用旧格式重新导出",
            line=source.line_of(["schema"]),
            path="schema",
        )
        return None
    head = build_toml(PackHead, source, source.mapping, problems)
    if head is not None and head.kind == "county":
        for file in _COUNTY_FILES:
            if not (folder / file).is_file():
                problems.add(file, "缺少文件", '县级配置包（kind = "county"）要有这个文件')
    return head
