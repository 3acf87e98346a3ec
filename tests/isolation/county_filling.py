"""Rows of registers, of what surrounds filling, and of the ways out of the inbox."""

from __future__ import annotations

from typing import Any

from saas.accounts.models import User
from saas.db import db, local_today, new_id
from saas.files.models import FileUpload
from saas.forms.models import ChoiceList
from saas.notifications.models import Channel, ChannelKind, Delivery
from saas.org.models import OrgUnit
from saas.registers.models import (
    RecordDraft,
    RecordEvent,
    RecordLink,
    RecordReading,
    Register,
    RegisterRecord,
    RegisterView,
)
from saas.submissions.models import Compilation, FieldQuery, Submission


def rows_of_filling(word: str, actor: User, village: OrgUnit, submission: Submission) -> list[Any]:
    """At least one row for every table of these features; every text carries the county's word."""
    today = local_today()
    channel = Channel(
        id=new_id(),
        name=f"工作群{word}",
        kind=ChannelKind.DINGTALK,
        unit_id=village.id,
        secret=f"secret{word}",
        created_by_id=actor.id,
    )
    db.session.add(channel)
    db.session.flush()
    return [
        Delivery(channel_id=channel.id, title=f"催报{word}", body=f"请填报{word}", once_key=f"once{word}"),
        ChoiceList(code="kinds", name=f"类别{word}", choices=[{"name": "a", "label": f"甲{word}"}]),
        FieldQuery(submission_id=submission.id, path="q1", question=f"为何{word}", asked_by_id=actor.id),
        Compilation(
            collection_id=submission.collection_id,
            unit_id=village.id,
            period_start=submission.period_start,
            period_end=submission.period_end,
            due_on=today,
            note=f"汇总{word}",
        ),
        FileUpload(
            token=f"token{word}",
            name=f"照片{word}.jpg",
            size=10,
            subject_type="submission",
            subject_id=submission.id,
            created_by_id=actor.id,
        ),
        *_register(word, actor, village, submission),
    ]


def _register(word: str, actor: User, village: OrgUnit, submission: Submission) -> list[Any]:
    today = local_today()
    register = Register(
        id=new_id(),
        code="matters",
        name=f"矛盾台账{word}",
        form_id=submission.form_version.form_id,
        purpose=f"化解矛盾{word}",
    )
    db.session.add(register)
    db.session.flush()
    kept = RegisterRecord(
        id=new_id(),
        register_id=register.id,
        form_version_id=submission.form_version_id,
        number=1,
        unit_id=village.id,
        title=f"一件事{word}",
        state="open",
        search_key=f"一件事{word}",
        opened_on=today,
        created_by_id=actor.id,
    )
    db.session.add(kept)
    db.session.flush()
    return [
        RecordLink(record_id=kept.id, unit_id=village.id, role="responsible"),
        RecordEvent(record_id=kept.id, kind="opened", state_after="open", note=f"登记{word}", actor_id=actor.id),
        RecordDraft(
            register_id=register.id,
            record_id=new_id(),
            unit_id=village.id,
            writer_id=actor.id,
            title=f"没写完{word}",
            typed={"q1": [f"没写完{word}"]},
        ),
        RegisterView(register_id=register.id, owner_id=actor.id, name=f"待办{word}"),
        RecordReading(register_id=register.id, record_id=kept.id, reader_id=actor.id, purpose=f"走访{word}"),
    ]
