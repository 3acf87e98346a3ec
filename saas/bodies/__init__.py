"""Bodies (领导小组、办公室、工作专班): seats by post, unit, function, description or name, and their rules."""
