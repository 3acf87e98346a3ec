"""The operator's side (平台运维): counties as customers, never their content. Nothing imports this package."""
