"""Setting up towns and villages from the national list of administrative divisions (按行政区划设立单位)."""
