"""Access (权限): who may do what."""
