"""Tenancy (租户): which county an address belongs to, and the wall between counties."""
