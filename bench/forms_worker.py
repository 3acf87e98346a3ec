"""`python -m bench.forms_worker TENANT JOB`: do one job as a worker does, and say how long it took (seconds) and how
much memory it took at most beyond what the loaded worker has anyway (KiB).

The worker loads everything once and starts a process for each job, which shares what is loaded.
"""

from __future__ import annotations

import gc
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
        gc.collect()
        gc.freeze()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        outcome = run_job(uuid.UUID(tenant_id), uuid.UUID(job_id))
        took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"seconds": took, "peak": peak}))
    return 0 if outcome is Outcome.DONE else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
