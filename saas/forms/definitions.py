"""Reading the stored definition of a version. A published version never changes, so it is read once per process."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from threading import Lock

from saas.domain.fields import FormDefinition, form_from_mapping
from saas.forms.models import FormVersion, VersionStatus

_KEPT = 200  # definitions; one of 100 fields takes some 200 KiB
_definitions: OrderedDict[tuple[uuid.UUID, uuid.UUID, str], FormDefinition] = OrderedDict()
_lock = Lock()


def definition_of_version(version: FormVersion) -> FormDefinition:
    """The definition of a version as data. It is shared: nobody changes it, it is frozen.

    Kept by county, version and digest: what was read for one county is never shown to another.
    """
    if version.status is VersionStatus.DRAFT or not version.digest:
        return form_from_mapping(version.definition)
    key = (version.tenant_id, version.id, version.digest)
    with _lock:
        found = _definitions.get(key)
        if found is not None:
            _definitions.move_to_end(key)
            return found
    read = form_from_mapping(version.definition)
    with _lock:
        _definitions[key] = read
        while len(_definitions) > _KEPT:
            _definitions.popitem(last=False)
    return read
