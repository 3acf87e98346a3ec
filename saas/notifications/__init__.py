"""Notifications (提醒): what happened that somebody should know."""
