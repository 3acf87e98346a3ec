"""The national list of administrative divisions (全国行政区划): counties, towns and villages with their codes."""
