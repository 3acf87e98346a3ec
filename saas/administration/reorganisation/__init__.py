"""Reorganisations (机构调整): drafted, previewed, confirmed, and undone where nothing builds on them."""
