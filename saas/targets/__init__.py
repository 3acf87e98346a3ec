"""Targets (目标): figures to be reached, their milestones, and what was reported against them."""
