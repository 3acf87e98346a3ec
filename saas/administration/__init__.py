"""The administrators' pages (县级管理): organisation and posts, settings, the audit trail.

They stand above `org`, `accounts` and `audit`, because each of them shows people beside what it is about.
"""
