"""WTForms of collections and of days. Input only."""

from __future__ import annotations

from saas.submissions.forms.collections import CADENCE_LABELS, CollectionForm, WindowForm, settings_of
from saas.submissions.forms.days import (
    EventForm,
    RemindingForm,
    SensitiveForm,
    TermsForm,
    YearForm,
    present_days,
    shown_days,
)

__all__ = [
    "CADENCE_LABELS",
    "CollectionForm",
    "EventForm",
    "RemindingForm",
    "SensitiveForm",
    "TermsForm",
    "WindowForm",
    "YearForm",
    "present_days",
    "settings_of",
    "shown_days",
]
