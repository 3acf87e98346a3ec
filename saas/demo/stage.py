"""A county while its history is told: its units and people by what the pack calls them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import cached_property

from flask import current_app
from sqlalchemy import select

from saas.access.permissions import Role
from saas.accounts.models import Appointment, User
from saas.db import db, local_today
from saas.demo.counties import Demonstration
from saas.demo.draws import Draw
from saas.domain.cohorts import Cohort, CohortUnit, matches
from saas.domain.fields import FormDefinition, form_from_mapping
from saas.domain.routes import Route, route_from_mapping
from saas.forms.models import FormVersion
from saas.org.cohorts import CohortBook, LinksOn
from saas.org.models import OrgUnit, Post
from saas.org.queries import list_units, parents_on
from saas.review.models import ReviewCase
from saas.review.queries import list_routes
from saas.submissions.models import Collection
from saas.tenancy.pack_content import History
from saas.tenancy.packs import Pack


@dataclass
class Stage:
    """One county in the middle of being told. `now` is the real present: nothing happens after it."""

    demonstration: Demonstration
    pack: Pack
    history: History
    now: datetime
    today: date
    units: Mapping[str, OrgUnit] = field(default_factory=dict)
    _definitions: dict[uuid.UUID, FormDefinition] = field(default_factory=dict)

    @cached_property
    def zone(self) -> tzinfo:
        """The county's clock."""
        zone: tzinfo = current_app.config["JICENG"].timezone
        return zone

    def draw(self, *words: object) -> Draw:
        """Draws that follow from the history's seed and these words."""
        return Draw(self.history.seed, *words)

    @cached_property
    def root(self) -> OrgUnit:
        """The county itself."""
        return next(unit for unit in self.units.values() if self.parents.get(unit.id) is None)

    @cached_property
    def parents(self) -> Mapping[uuid.UUID, uuid.UUID | None]:
        return parents_on(self.today)

    @cached_property
    def codes(self) -> Mapping[uuid.UUID, str]:
        return {unit.id: code for code, unit in self.units.items()}

    def load_units(self) -> None:
        """Read the units once the pack is applied."""
        self.units = {unit.code: unit for unit in list_units(self.today)}

    def above(self, unit: OrgUnit) -> Iterator[str]:
        """The codes of the units above a unit."""
        parent = self.parents.get(unit.id)
        while parent is not None:
            yield self.codes[parent]
            parent = self.parents.get(parent)

    def members(self, cohort: Cohort) -> list[OrgUnit]:
        """The units of a cohort, in the county's order."""
        book, links = CohortBook(self.today), LinksOn(self.today)
        return [unit for unit in self.units.values() if matches(self.seen(unit, links), cohort, book)]

    def seen(self, unit: OrgUnit, links: LinksOn) -> CohortUnit:
        """A unit as rules see it."""
        above = tuple(self.above(unit))
        return CohortUnit(unit.code, unit.unit_type.code, above, unit.attributes, links.of(unit.id))

    def is_played(self, unit: OrgUnit) -> bool:
        """Whether what the unit does in the present period is left to `flask demo drive`."""
        return self.demonstration.stage in (unit.code, *self.above(unit))

    @cached_property
    def _appointments(self) -> Sequence[tuple[Appointment, Post, User]]:
        rows = db.session.execute(
            select(Appointment, Post, User)
            .join(Post, Post.id == Appointment.post_id)
            .join(User, User.id == Appointment.user_id)
            .order_by(Post.sort_order, Post.name, Appointment.id)
        ).all()
        return [(appointment, post, user) for appointment, post, user in rows]

    @cached_property
    def _holders(self) -> Mapping[uuid.UUID, Sequence[tuple[date, User]]]:
        found: dict[uuid.UUID, list[tuple[date, User]]] = {}
        for appointment, post, user in self._appointments:
            found.setdefault(post.id, []).append((appointment.starts_on, user))
        return found

    @cached_property
    def _by_role(self) -> Mapping[tuple[uuid.UUID, str], Sequence[User]]:
        found: dict[tuple[uuid.UUID, str], list[User]] = {}
        for _appointment, post, user in self._appointments:
            for role in post.roles:
                found.setdefault((post.unit_id, role), []).append(user)
        return found

    def people(self, unit: OrgUnit, role: Role) -> Sequence[User]:
        """Who holds a post with a role at a unit."""
        return self._by_role.get((unit.id, role.value), ())

    def filler(self, unit: OrgUnit) -> User:
        """Who fills forms for a unit."""
        return [*self.people(unit, Role.VILLAGE_CLERK), *self.people(unit, Role.TOWN_OFFICER)][0]

    def reporter(self, unit: OrgUnit) -> User:
        """Who reports on tasks and figures for a unit of any kind."""
        roles = (Role.DEPARTMENT, Role.OFFICE, Role.TOWN_OFFICER, Role.VILLAGE_CLERK, Role.LEADER)
        return next(person for role in roles for person in self.people(unit, role))

    @cached_property
    def office(self) -> Sequence[User]:
        """The county's office: the first drafts, the others run what goes on every month."""
        return self.people(self.root, Role.OFFICE)

    def definition_of(self, version: FormVersion) -> FormDefinition:
        """A version of a form, read once."""
        if version.id not in self._definitions:
            self._definitions[version.id] = form_from_mapping(version.definition)
        return self._definitions[version.id]

    def route_of(self, collection: Collection) -> Route:
        """The route that the reports of a collection take."""
        return self._routes[collection.route_id]

    @cached_property
    def _routes(self) -> Mapping[uuid.UUID, Route]:
        return {row.id: route_from_mapping(row.definition) for row in list_routes()}

    def asked(self, case: ReviewCase) -> list[User]:
        """Who may decide at the present step of a case: one person for each post, and none of its authors."""
        if case.current_step is None:
            return []
        step = route_from_mapping(case.definition).steps[case.current_step]
        found = []
        for seat in case.seats[step.code]:
            holders = [
                user
                for starts_on, user in self._holders.get(uuid.UUID(seat["post"]), ())
                if starts_on <= local_today() and str(user.id) not in case.authors
            ]
            found += holders[:1]
        return found
