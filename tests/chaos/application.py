"""The worker and the reconciler of the chaos test: the real ones, with its kinds of jobs.

python -m tests.chaos.application worker|reconciler
"""

from __future__ import annotations

import logging
import sys

from saas import create_app
from saas.jobs.reconciler import run_reconciler
from saas.jobs.worker import run_worker
from saas.queue import message_queue
from tests.chaos.kinds import register


def main(part: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    register()
    app = create_app()
    with app.app_context():
        if part == "worker":
            run_worker(before_first_job=lambda: None)
        else:
            run_reconciler(app.config["JICENG"], message_queue())


if __name__ == "__main__":
    main(sys.argv[1])
