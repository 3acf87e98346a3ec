"""Submissions (填报): collections ask units to fill a form in each period; a submission is one answer."""
