"""The bulletin (通报) of a round as an official document: built from frozen results, computing nothing anew.

Skeleton: what was assessed and on what basis, the method with every setting chosen, the overall picture, the items with
figures, deductions, praise and veto, what is undetermined, problems, next steps; tables in full as attachments.
"""

from __future__ import annotations

from saas.assessment import bulletin_tables as tables
from saas.assessment import bulletin_text as text
from saas.assessment.bulletin_content import BulletinContent
from saas.assessment.presentation import ITEM, points_measure
from saas.domain.errors import DomainError
from saas.domain.official_document import (
    Attachment,
    Block,
    DocumentKind,
    Heading,
    Imprint,
    Letterhead,
    OfficialDocument,
    Signature,
)
from saas.domain.periods import Cadence


def build_bulletin(content: BulletinContent) -> OfficialDocument:
    """Return the bulletin. Raises DomainError if not one result is determined: there would be nothing to announce."""
    if not any(outcome.points.is_determined or outcome.money.is_determined for outcome in content.outcomes):
        raise DomainError("没有一个单位的结果是确定的，不能印发通报", code="nothing_determined")
    issuer = content.issuer
    name = f"{content.period.label}{content.subject.topic}"
    return OfficialDocument(
        kind=DocumentKind.BULLETIN,
        letterhead=Letterhead(issuer.letterhead, issuer.has_document_word),
        agency_code=issuer.agency_code,
        number=None,
        title=f"{issuer.name}关于{name}{content.subject.word}情况的通报",
        addressees=(issuer.addressees,) if issuer.addressees else (),
        blocks=_blocks(content),
        signature=Signature(issuer.name, None),
        attachments=_attachments(content),
        imprint=Imprint(issuer.printed_by, None, issuer.copied_to),
        words=(content.period.label, content.subject.topic, issuer.name),
        undetermined=tuple(f"{o.full_name}的结果" for o in content.outcomes if not o.points.is_determined),
    )


def _blocks(content: BulletinContent) -> tuple[Block, ...]:
    sections: list[tuple[str, list[Block]]] = [
        (f"{content.subject.word}概况", text.overview(content)),
        (f"{content.subject.word}办法和口径", text.method(content)),
        (f"{content.subject.word}结果", [*text.results(content), *tables.overall(content)]),
        ("各项目情况", text.items(content)),
        ("扣减情况", text.deductions(content)),
        (text.events_title(content), text.events(content)),
        ("未定事项", text.open_matters(content)),
        ("存在的主要问题", text.problems(content)),
        ("下一步工作要求", text.next_steps(content)),
    ]
    blocks: list[Block] = list(text.lead(content))
    for title, section in sections:
        if section:
            blocks += [Heading(1, title), *section]
    return tuple(blocks)


def _attachments(content: BulletinContent) -> tuple[Attachment, ...]:
    name = f"{content.period.label}{content.subject.topic}{content.subject.word}"
    found = []
    if content.is_roll_up:
        kind = "季度" if content.period.cadence is Cadence.QUARTER else "年度"
        found.append(
            Attachment(f"{content.period.label}{content.subject.topic}{kind}结算表", tables.settlement(content), True)
        )
        return tuple(found)
    if points_measure(content.rules) == ITEM:
        return ()  # the table in the text is complete
    found.append(Attachment(f"{name}结果明细表", tables.details(content), True))
    taken = tables.deduction_details(content)
    if taken:
        found.append(Attachment(f"{name}扣减明细表", taken, True))
    return tuple(found)
