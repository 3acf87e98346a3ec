"""Registers (台账): long-lived records with their own states, history and protection of personal data."""
