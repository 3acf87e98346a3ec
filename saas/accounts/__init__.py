"""Accounts (账号): people, their sign-in and sessions, and the posts they hold."""
