"""The first page (首页): what is to be done today, what is late, what came back, what is new."""
