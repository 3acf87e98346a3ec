"""Records of registers: some units have a few, opened in the past months, and most matters are settled by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from saas.access.permissions import Role
from saas.accounts.models import User
from saas.demo import moments
from saas.demo.register_texts import WRITERS, Raw
from saas.demo.stage import Stage
from saas.demo.telling import Tale
from saas.domain.answers import Answers
from saas.domain.records import StateKind, States
from saas.forms.models import FormVersion
from saas.forms.queries import find_published_version
from saas.org.models import OrgUnit
from saas.registers import queries, services
from saas.registers.models import Register, RegisterRecord

EVERY, EACH = 10, 2  # every so many units have so many records
PAST_DAYS = 120
SETTLED = 70  # per cent of what can be settled
AT_THE_END = frozenset({"solution.result", "mending.measures", "mending.cost", "mending.done_on"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A register with what opening a record in it needs, read once."""

    register: Register
    version: FormVersion
    states: States
    units: list[OrgUnit]


def record_tales(stage: Stage) -> Iterator[Tale]:
    """Every record of the registers that the pack brings and that somebody writes for."""
    for entry in stage.pack.configuration.registers:
        register = queries.find_register(entry.table.code)
        version = find_published_version(register.form_id) if register is not None else None
        if register is None or version is None or entry.table.code not in WRITERS:
            continue
        units = stage.members(entry.cohort)
        kept = Kept(register, version, queries.states_of(register), units)
        for unit in units[::EVERY]:
            for number in range(EACH):
                yield _tale(stage, kept, unit, number)


def _tale(stage: Stage, kept: Kept, unit: OrgUnit, number: int) -> Tale:
    draw = stage.draw("record", kept.register.code, unit.code, number)
    day = stage.today - timedelta(days=draw.between(2, PAST_DAYS))
    moment = moments.working_moment(day, draw, stage.zone)
    yield moment
    raw = WRITERS[kept.register.code](stage.draw("answers", kept.register.code, unit.code, number), day)
    record = _open(stage, kept, unit, {path: typed for path, typed in raw.items() if path not in AT_THE_END})
    steps = [move.end for move in kept.states.moves if kept.states.state(move.end).kind is not StateKind.OPEN]
    is_settled = draw.is_hit(SETTLED) and len(kept.states.states) > 2
    for place, state in enumerate(dict.fromkeys(steps) if is_settled else ()):
        moment = moments.soon_after(moment + timedelta(days=draw.between(4, 20)), draw, hours=(1, 6))
        yield moment
        if place == 0:
            services.change_record(record, _answers(stage, kept, unit, raw), actor=stage.filler(unit))
        services.move_record(record, state, actor=_mover(stage, kept, record, state, unit))


def _open(stage: Stage, kept: Kept, unit: OrgUnit, raw: Raw) -> RegisterRecord:
    keepers = {each.id for each in kept.units}
    answers, actor = _answers(stage, kept, unit, raw), stage.filler(unit)
    return services.open_record(kept.register, unit, answers, actor=actor, version=kept.version, keepers=keepers)


def _answers(stage: Stage, kept: Kept, unit: OrgUnit, raw: Raw) -> Answers:
    parsed = services.parse_record(stage.definition_of(kept.version), unit, raw)
    if parsed.errors:
        raise LookupError(f"{kept.register.code}: {dict(parsed.errors)}")
    return parsed.answers


def _mover(stage: Stage, kept: Kept, record: RegisterRecord, state: str, unit: OrgUnit) -> User:
    """The keeper, or somebody above where the register wants another person."""
    move = next(each for each in kept.states.moves_from(record.state) if each.end == state)
    above = next((stage.units[code] for code in stage.above(unit)), None)
    officers = stage.people(above, Role.TOWN_OFFICER) if above is not None else ()
    return officers[0] if "keeper" not in move.who and officers else stage.filler(unit)
