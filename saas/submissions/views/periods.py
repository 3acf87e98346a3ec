"""Which period of a collection a page shows, and its neighbours."""

from __future__ import annotations

from datetime import date, timedelta

from flask import request
from sqlalchemy.exc import NoResultFound

from saas.db import local_today
from saas.domain.periods import Cadence, Period
from saas.submissions.models import Collection
from saas.submissions.schedule import collection_periods, dates_of, period_at

_YEAR = timedelta(days=366)
_WITH_GAPS = {Cadence.WINDOW, Cadence.TERM, Cadence.EVENT}


def period_at_start(shown: Collection, text: str) -> Period:
    """The period of a collection that begins on a day, or NoResultFound (404)."""
    try:
        return period_at(shown, date.fromisoformat(text))
    except ValueError:
        raise NoResultFound("not a day") from None


def shown_period(shown: Collection) -> Period | None:
    """The period asked for, or the newest whose window has opened, or the first one; None if there are none yet."""
    if request.args.get("period"):
        return period_at_start(shown, request.args["period"])
    today = local_today()
    periods = collection_periods(shown, today - 2 * _YEAR, today + _YEAR)
    opened = [period for period in periods if dates_of(shown, period).opens_on <= today]
    return opened[-1] if opened else next(iter(periods), None)


def neighbours(shown: Collection, period: Period) -> dict[str, Period | None]:
    """The periods before and after one, None where there is none."""
    margin = timedelta(days=1) if period.cadence not in _WITH_GAPS else _YEAR
    near = collection_periods(shown, period.start - margin, period.end + margin)
    earlier = [each for each in near if each.start < period.start]
    later = [each for each in near if each.start > period.start]
    return {"before": earlier[-1] if earlier else None, "after": later[0] if later else None}
