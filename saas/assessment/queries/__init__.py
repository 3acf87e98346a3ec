"""Reading assessment: schemes and rounds, facts and progress, results."""
