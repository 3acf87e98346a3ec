"""The national list of administrative divisions."""
