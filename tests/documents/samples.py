"""Two documents to set: a notice that forwards a plan, and a bulletin with a ranking. All names are invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from saas.domain.official_document import (
    Align,
    Attachment,
    Block,
    Cell,
    Column,
    DocumentKind,
    Enclosure,
    Figure,
    Heading,
    Imprint,
    Letterhead,
    ListBlock,
    OfficialDocument,
    Paragraph,
    Signature,
    Table,
    TextSize,
    Verification,
)

TOWNS = (
    "清溪镇",
    "白石镇",
    "柳河镇",
    "东陂镇",
    "南岭乡",
    "北塘镇",
    "云门乡",
    "太平镇",
    "石桥镇",
    "龙泉乡",
    "花园镇",
    "大坪乡",
)

CHART = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 240" width="640" height="240">
<rect width="640" height="240" fill="#ffffff"/>
<line x1="60" y1="200" x2="620" y2="200" stroke="#666666"/>
<g fill="#2f6f9f"><rect x="90" y="56" width="48" height="144"/><rect x="210" y="72" width="48" height="128"/>
<rect x="330" y="64" width="48" height="136"/><rect x="450" y="96" width="48" height="104"/></g>
<g font-size="15" fill="#222222" text-anchor="middle"><text x="114" y="222">清溪镇</text>
<text x="234" y="222">白石镇</text>
<text x="354" y="222">柳河镇</text><text x="474" y="222">东陂镇</text>
<text x="114" y="48">96.5</text><text x="234" y="64">91.2</text><text x="354" y="56">93.8</text>
<text x="474" y="88">84.0</text></g>
</svg>"""


def cells(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text) for text in texts)


def columns(*widths: str, align: Align = Align.CENTER) -> tuple[Column, ...]:
    return tuple(Column(Decimal(width), align) for width in widths)


def task_table() -> Table:
    rows = [
        (str(number), f"清理{place}及周边积存垃圾，建立日常保洁制度，落实专人负责", "县住建局", "各乡镇", "2026年6月底")
        for number, place in enumerate(
            ("村道两侧", "河塘沟渠", "房前屋后", "集贸市场", "公路沿线", "学校周边"), start=1
        )
    ]
    return Table(
        columns=(*columns("8"), Column(Decimal("44")), *columns("16", "14", "18")),
        header=((Cell("序号", rowspan=2), Cell("任务", rowspan=2), Cell("责任", colspan=2), Cell("时限", rowspan=2)),)
        + (cells("牵头单位", "配合单位"),),
        rows=tuple(cells(*row) for row in rows),
        total=(Cell("合计", colspan=2), *cells("6项", "12个", "—")),
        caption="表1　重点任务分工",
    )


def ranking_table(count: int = 150) -> Table:
    rows = tuple(
        cells(
            str(rank), f"{TOWNS[rank % 12]}第{rank}村", TOWNS[rank % 12], f"{98 - rank * Decimal('0.17'):.2f}", "25.00",
            "24.50", "18.00", f"-{1 + rank % 7}.00", "合格" if rank > 30 else "优秀",
            "公路沿线保洁不到位" if rank % 9 == 0 else "",
        )
        for rank in range(1, count + 1)
    )  # fmt: skip
    return Table(
        columns=(*columns("6", "16", "12", "10", "10", "10", "10", "10", "10"), Column(Decimal("26"))),
        header=(cells("名次", "村", "所属乡镇", "总分", "自评", "复核", "暗访", "扣分", "等次", "主要问题"),),
        rows=rows,
        total=(Cell("全县平均", colspan=3), *cells("85.17", "25.00", "24.50", "18.00", "-3.00", "—", "")),
        caption="2026年第一季度各村得分与名次",
        size=TextSize.FINE,
    )


def plan_blocks() -> tuple[Block, ...]:
    text = (
        "以改善农村人居环境为目标，坚持县级统筹、乡镇负责、村级落实，到2026年底全县150个行政村生活垃圾收运处置体系实现全覆盖，"
        "“三清一改”（清垃圾、清塘沟、清畜禽粪污，改不良习惯）完成率达到98.5%以上，群众满意率不低于90%。"
    )
    blocks: list[Block] = [
        Paragraph("为巩固农村环境卫生整治成果，根据《清禾县乡村建设行动实施办法》，结合我县实际，制定本方案。")
    ]
    for name in ("总体要求", "主要任务", "实施步骤"):
        blocks += [
            Heading(1, name),
            Heading(2, "明确目标。", text),
            Heading(2, "突出重点"),
            Heading(
                3,
                "集中清理。",
                "对村道、河塘、沟渠、房前屋后开展拉网式排查，共清理积存垃圾1,234.5吨，建立问题台账，逐项销号。",
            ),
            Heading(4, "责任到人。", "由包片干部李晓喆、赵堃负责，每周不少于2次。"),
            Paragraph(text),
        ]
    blocks += [
        task_table(),
        Heading(1, "保障措施"),
        Paragraph("县农村环境卫生整治领导小组办公室负责统筹协调。", lead="加强领导。"),
        ListBlock(("每月15日前完成自评；", "每月16日至19日完成复核；", "每季度末印发通报。")),
        Paragraph("考核办法见附件1，各村任务清单见附件2。"),
    ]
    return tuple(blocks)


def plan_notice(number: str | None = "清政发〔2026〕3号") -> OfficialDocument:
    return OfficialDocument(
        kind=DocumentKind.NOTICE,
        letterhead=Letterhead("清禾县人民政府"),
        agency_code="清政发",
        number=number,
        title="清禾县人民政府关于印发《清禾县农村环境卫生整治实施方案》的通知",
        addressees=("各乡镇人民政府", "县直各部门", "各有关单位"),
        blocks=(
            Paragraph(
                "《清禾县农村环境卫生整治实施方案》已经县人民政府第3次常务会议审议通过，现印发给你们，请认真贯彻执行。"
            ),
            Paragraph("各乡镇、各部门要于2026年3月20日前将贯彻落实情况报县农村环境卫生整治领导小组办公室。"),
        ),
        signature=Signature("清禾县人民政府", date(2026, 3, 5)),
        enclosure=Enclosure("清禾县农村环境卫生整治实施方案", plan_blocks()),
        attachments=(
            Attachment("清禾县农村环境卫生考核办法", plan_blocks()[:14]),
            Attachment("各村任务清单", (ranking_table(20),), is_landscape=True),
        ),
        note="此件公开发布",
        imprint=Imprint(
            "清禾县人民政府办公室",
            date(2026, 3, 5),
            ("县委各部门", "县人大常委会办公室", "县政协办公室", "县纪委监委", "县人民法院", "县人民检察院"),
        ),
        verification=Verification("https://jiceng.example/qinghe/verify/7KQ2M9XH", "9f2c4b1a" * 8),
        words=("清禾县",),
    )


def bulletin() -> OfficialDocument:
    ranking = Table(
        columns=columns("10", "26", "20", "20", "24"),
        header=(cells("名次", "乡镇", "得分", "较上季度", "等次"),),
        rows=tuple(
            cells(str(rank), town, f"{97 - rank * Decimal('1.35'):.2f}", "持平" if rank % 3 else "+1",
                  "优秀" if rank < 4 else "良好")
            for rank, town in enumerate(TOWNS, start=1)
        ),
        caption="表1　各乡镇得分与名次",
    )  # fmt: skip
    return OfficialDocument(
        kind=DocumentKind.BULLETIN,
        letterhead=Letterhead("清禾县农村环境卫生整治领导小组办公室"),
        agency_code="清环治办发",
        number="清环治办发〔2026〕12号",
        title="清禾县农村环境卫生整治领导小组办公室关于2026年第一季度农村环境卫生考核情况的通报",
        addressees=("各乡镇人民政府", "县直各有关单位"),
        blocks=(
            Paragraph("按照《清禾县农村环境卫生考核办法》，县整治办组织3个检查组，于3月16日至19日对12个乡镇、150个村进行了考核。现将有关情况通报如下。"),
            Heading(1, "总体情况"),
            Paragraph("本季度全县平均得分85.17分，比上季度提高1.32分；得分90分以上的村38个，80分以下的村21个，1个村因集中焚烧垃圾被一票否决。"),
            ranking,
            Figure(CHART, "图1　前四名乡镇得分对比", Decimal(86)),
            Heading(1, "存在问题"),
            Heading(2, "保洁不到位。", "白石镇、东陂镇部分村公路沿线保洁不及时，检查发现积存垃圾17处，每处扣1分。"),
            Heading(2, "台账不规范。", "南岭乡3个村台账与现场不符，已责令于4月10日前整改。"),
            Heading(1, "下步要求"),
            Paragraph("各乡镇要对照扣分明细逐项整改，4月30日前将整改情况报县整治办。各村得分见附件。"),
        ),
        signature=Signature("清禾县农村环境卫生整治领导小组办公室", date(2026, 4, 2), is_sealed=False),
        attachments=(Attachment("2026年第一季度各村得分与名次", (ranking_table(),), is_landscape=True),),
        imprint=Imprint("清禾县农村环境卫生整治领导小组办公室", date(2026, 4, 2)),
        verification=Verification("https://jiceng.example/qinghe/verify/P3X8T5WD", "0b7d3e5f" * 8),
        words=("清禾县", "第一季度"),
    )  # fmt: skip


def short_bulletin() -> OfficialDocument:
    """Return the bulletin without its long attachment: table, chart and all faces on three pages."""
    return replace(bulletin(), attachments=())
