"""Review (审核签批): routes of steps, who may decide, what was decided. Knows nothing of what it reviews."""
