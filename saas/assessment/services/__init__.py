"""Doing assessment: rounds, facts, computing, confirming. Never commits: the caller's unit of work does."""
