"""The certificate that a county has left (数据移交与删除证明): an official document, and the same as JSON beside it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import current_app

from saas.documents.fonts import FontSet
from saas.documents.pdf import render_pdf
from saas.domain.canonical_json import plain
from saas.domain.official_document import (
    Align,
    Attachment,
    Cell,
    Column,
    DocumentKind,
    Heading,
    Letterhead,
    OfficialDocument,
    Paragraph,
    Signature,
    Table,
    TextSize,
    number_text,
)
from saas.local import local_time
from saas.operator.archive import NOT_EXPORTED, Manifest

ISSUER = "基层治理工作平台"
AGENCY_CODE = "平台运证"


@dataclass(frozen=True, slots=True)
class Leaving:
    """What left: for the certificate and the trail. `audit_head` is the last line of the county's audit trail."""

    tenant_id: uuid.UUID
    slug: str
    name: str
    operator: str
    left_at: datetime
    manifest: Manifest
    archive_sha256: str
    deleted_rows: Mapping[str, int]
    deleted_files: int
    audit_head: Mapping[str, Any]
    event_number: int = 0
    event_digest: str = ""


def write_certificate(leaving: Leaving, path: Path, fonts: FontSet) -> None:
    """Write the certificate as PDF to `path`, and what it says as JSON beside it."""
    path.with_suffix(".json").write_text(_as_json(leaving), encoding="utf-8")
    path.write_bytes(render_pdf(certificate(leaving), fonts=fonts).pdf)


def _as_json(leaving: Leaving) -> str:
    said = asdict(leaving) | {"tenant_id": str(leaving.tenant_id)}
    return json.dumps(plain(said), ensure_ascii=False, indent=1)


def certificate(leaving: Leaving) -> OfficialDocument:
    """The certificate as a document. Its number is that of the line in the operators' trail."""
    issued_on = leaving.left_at.astimezone(current_app.config["JICENG"].timezone).date()
    manifest, head = leaving.manifest, leaving.audit_head
    return OfficialDocument(
        kind=DocumentKind.GENERIC,
        letterhead=Letterhead(ISSUER, has_document_word=False),
        agency_code=AGENCY_CODE,
        number=number_text(AGENCY_CODE, issued_on.year, leaving.event_number),
        title=f"关于{leaving.name}数据移交与删除的证明",
        addressees=(leaving.name,),
        blocks=(
            Heading(1, "移交"),
            Paragraph(
                f"{leaving.name}的全部数据已导出为一个文件，共{len(manifest.tables)}张表{manifest.rows}行、"
                f"{manifest.files}个文件。导出的文件已读回，逐表逐件核对摘要无误。"
            ),
            Heading(1, "删除"),
            Paragraph(
                f"已于{local_time(leaving.left_at)}删除平台上该县（区）的全部数据，共{sum(leaving.deleted_rows.values())}行、"
                f"{leaving.deleted_files}个文件。删除前的数据与导出的文件逐表一致；删除后各表中没有该县（区）的数据。"
            ),
            Paragraph("平台的整库备份到保存期满时销毁，在此之前不再用于其他用途。"),
            Heading(1, "留存"),
            Paragraph(
                f"平台只留存本次操作的记录，为运维留痕第{leaving.event_number}条。"
                f"该县（区）的审计日志共{head['events']}条，已随数据移交。"
            ),
            _particulars(leaving),
        ),
        signature=Signature(ISSUER, issued_on, is_sealed=False),
        attachments=(Attachment("各表行数与摘要", (_table(leaving),)),),
        words=(leaving.name,),
    )


def _particulars(leaving: Leaving) -> Table:
    """Ids and digests stand in a table: as words of a paragraph they would not fit into a line."""
    rows = (
        ("平台内编号", str(leaving.tenant_id)),
        ("地址", leaving.slug),
        ("数据文件的摘要", leaving.archive_sha256),
        ("审计日志末条编号", str(leaving.audit_head.get("id", "无"))),
        ("运维留痕的摘要", leaving.event_digest),
        ("经办", leaving.operator),
    )
    return Table(
        columns=(Column(Decimal(28), Align.LEFT), Column(Decimal(72), Align.LEFT)),
        header=((Cell("事项"), Cell("编号与摘要（SHA-256）")),),
        rows=tuple((Cell(name), Cell(value)) for name, value in rows),
    )


def _table(leaving: Leaving) -> Table:
    digests = leaving.manifest.digests()
    rows = tuple(
        (Cell(name), Cell(str(count)), Cell(digests.get(name) or "不移交：会话等临时数据"))
        for name, count in leaving.deleted_rows.items()
        if name in digests or name in NOT_EXPORTED
    )
    return Table(
        columns=(
            Column(Decimal(24), Align.LEFT),
            Column(Decimal(12), Align.RIGHT),
            Column(Decimal(64), Align.LEFT),
        ),
        header=((Cell("表"), Cell("删除行数"), Cell("移交数据的摘要（SHA-256）")),),
        rows=rows,
        size=TextSize.FINE,
    )
