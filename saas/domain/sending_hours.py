"""When messages go out to people's phones (发送时段): not at night. Hours of the county's own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from saas.domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class SendingHours:
    """From the first to the second time of each day; the second is not one of them any more."""

    start: time = time(8)
    end: time = time(21)

    def pause(self, here: datetime) -> timedelta:
        """How long a message of this moment, on the county's clock, waits; 0 within the hours."""
        if self.start <= here.time() < self.end:
            return timedelta(0)
        morning = datetime.combine(here.date(), self.start, here.tzinfo)
        return (morning if here < morning else morning + timedelta(days=1)) - here


BY_DAY = SendingHours()


def check_hours(start: time, end: time) -> SendingHours:
    """Return the hours. Raise DomainError with code `bad_hours` unless they are at least an hour of one day."""
    if datetime.combine(datetime.min, end) - datetime.combine(datetime.min, start) < timedelta(hours=1):
        raise DomainError("发送时段的结束至少比开始晚一小时", code="bad_hours")
    return SendingHours(start, end)
