"""`python -m bench.forms_worker TENANT JOB`: do one job as a worker does, and say what it cost.

Seconds, seconds of processor time, and the memory that it took at most beyond what the loaded worker has anyway (KiB):
the worker loads everything once and starts a process for each job, which shares what is loaded.
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


def _processor() -> float:
    """Seconds of processor time of this process and of those it has started, such as the one that opens the file."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def main(tenant_id: str, job_id: str) -> int:
    app = create_app()
    with app.app_context():
        load_kinds()
        gc.collect()
        gc.freeze()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, busy = time.perf_counter(), _processor()
        outcome = run_job(uuid.UUID(tenant_id), uuid.UUID(job_id))
        took, busy = time.perf_counter() - began, _processor() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"seconds": took, "processor": busy, "peak": peak}))
    return 0 if outcome is Outcome.DONE else 1


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
