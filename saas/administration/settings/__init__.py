"""How the county presents itself on its documents."""
