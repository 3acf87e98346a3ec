"""Every table, imported once, so that migrations and checks see them all."""

from __future__ import annotations

from saas.accounts import models as accounts
from saas.assessment import models as assessment
from saas.audit import models as audit
from saas.bodies import models as bodies
from saas.documents import models as documents
from saas.files import models as files
from saas.forms import models as forms
from saas.imports import models as imports
from saas.jobs import models as jobs
from saas.notifications import models as notifications
from saas.operator import models as operator
from saas.org import models as org
from saas.packs import models as packs
from saas.plans import models as plans
from saas.registers import models as registers
from saas.review import models as review
from saas.submissions import models as submissions
from saas.targets import models as targets
from saas.tenancy import models as tenancy

__all__ = [
    "accounts",
    "assessment",
    "audit",
    "bodies",
    "documents",
    "files",
    "forms",
    "imports",
    "jobs",
    "notifications",
    "operator",
    "org",
    "packs",
    "plans",
    "registers",
    "review",
    "submissions",
    "targets",
    "tenancy",
]
