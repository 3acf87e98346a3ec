"""Background jobs (后台任务): the row is the record, the queue only carries its id."""
