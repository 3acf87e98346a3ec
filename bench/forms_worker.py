"""`python -m bench.forms_worker TENANT JOB`: do one job as a worker does, and say how long it took and how much memory
the process had at most (KiB).
"""

from __future__ import annotations

import json
import resource
import sys
import time
import uuid

from saas import create_app
from saas.jobs.registry import load_kinds
from saas.jobs.running import Outcome, run_job


def main(tenant_id: str, job_id: str) -> int:
    app = create_app()
    with app.app_context():
        load_kinds()
        began = time.perf_counter()
        outcome = run_job(uuid.UUID(tenant_id), uuid.UUID(job_id))
        took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": took, "peak": peak}))
    return 0 if outcome is Outcome.DONE else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
