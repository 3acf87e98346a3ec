"""Assessment (考核): schemes as data, rounds, facts, results that explain every point, and bulletins."""
