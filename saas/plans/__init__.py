"""Plans (实施方案): goals, targets, tasks with their units and deadlines, stages, and progress against them."""
