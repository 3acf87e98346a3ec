"""The page on which a record is written: the whole form or one part, what was typed, and what stands around it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from saas.domain.form_logic import reacts_to_answers
from saas.forms.languages import language_choices
from saas.forms.parts import Shown, join_parts, jump_to, progress, shown_part
from saas.forms.parts import nodes_of as nodes_of_part
from saas.forms.posted import Posted, read_posted
from saas.htmx import render_page
from saas.registers import protection, queries, services
from saas.registers.models import Register
from saas.registers.writing import Sheet, differences, nodes_of
from saas.tenancy.once import FIELD

TEMPLATE = "registers/write.html"


def show_first(sheet: Sheet) -> Response:
    """The page as it is opened: what is stored, or what its writer had typed before."""
    posted = Posted(sheet.first_raw(), action="show", target=request.args.get("add", ""))
    return show_page(sheet, posted, is_stale=sheet.is_outdated)


def show_page(sheet: Sheet, posted: Posted, status: int = 200, *, is_stale: bool = False) -> Response:
    """The page with what was typed; with errors it shows the part in which the first one stands."""
    shown, address = _shown(sheet).showing(posted.errors), page_address(sheet)
    context: dict[str, Any] = {
        **_asked(sheet, posted, shown),
        "title": sheet.record.title if sheet.record else "",
        "reacts": reacts_to_answers(sheet.definition),
        "languages": [] if is_opened(sheet) else language_choices(sheet.definition),
        "address": address,
        "errors": [(jump_to(path, shown, address), text) for path, text in posted.errors.items()],
        "is_stale": is_stale,
        "differences": differences(sheet, posted) if is_stale else [],
        "uploads_url": _uploads(sheet),
        "is_opened": is_opened(sheet),
        "is_resumed": sheet.draft is not None and posted.action == "show" and not request.args.keys() & {"part", "add"},
        **(drafts_of(sheet.register, sheet.record_id) if sheet.record is None and posted.action == "show" else {}),
    }
    return render_page(TEMPLATE, fragment="write_panel", status=status, **context)


def show_questions(sheet: Sheet, posted: Posted) -> Response:
    """The questions as the answers typed so far leave them. Nothing is kept: the draft saves itself."""
    context = {**_asked(sheet, posted, _shown(sheet)), "reacts": True}
    return render_page(TEMPLATE, fragment="questions", **context)


def read_page(sheet: Sheet) -> Posted:
    """What was posted; where only a part of the form was shown, with what stands in the others."""
    posted, shown = read_posted(), _shown(sheet)
    if shown.part is not None:
        join_parts(posted, shown.part, sheet.first_raw())
    return posted


def is_opened(sheet: Sheet) -> bool:
    """Whether the page shows what is masked otherwise. It is not to be had by an address: such a page comes whole."""
    if sheet.record is None or sheet.access.revealable:
        return False
    return bool(protection.access_to(sheet.record, current_user).revealable)


def page_address(sheet: Sheet) -> Callable[..., str]:
    """What makes the address of the page, with more arguments."""
    if sheet.record is not None:
        return partial(url_for, "registers.edit_record", record_id=sheet.record.id)
    new = partial(url_for, "registers.new_record", register_id=sheet.register.id)
    return partial(new, unit=sheet.unit.id, draft=sheet.record_id)


def _shown(sheet: Sheet) -> Shown:
    shown = shown_part(sheet.definition)
    return replace(shown, part=None) if is_opened(sheet) else shown


def _asked(sheet: Sheet, posted: Posted, shown: Shown) -> dict[str, Any]:
    nodes = nodes_of(sheet, posted)
    done, total = progress(nodes)
    return {
        "sheet": sheet,
        "shown": shown,
        "nodes": nodes_of_part(nodes, shown),
        "done": done,
        "total": total,
        "action_url": _action(sheet),
    }


def drafts_of(register: Register, but: uuid.UUID | None = None) -> dict[str, Any]:
    """What the viewer has begun besides, so that it is gone on with and not written twice."""
    drafts = queries.list_new_drafts(register, current_user.id)
    return {"drafts": [each for each in drafts if each.record_id != but], "draft_days": services.KEPT_FOR.days}


def _action(sheet: Sheet) -> str:
    if sheet.record is not None:
        return url_for("registers.save_record", record_id=sheet.record.id)
    return url_for("registers.create_record", register_id=sheet.register.id, unit=sheet.unit.id)


def _uploads(sheet: Sheet) -> str:
    """Where photos are sent in pieces, before the form is."""
    if sheet.record is not None:
        return url_for("registers.upload_to_record", record_id=sheet.record.id)
    named: dict[str, Any] = {FIELD: str(sheet.record_id)}
    return url_for("registers.upload_to_new_record", register_id=sheet.register.id, unit=sheet.unit.id, **named)
