"""The one command: sets the machine up, runs the engines and the parts of the application, tests them, stops them.

The first stage (`bootstrap.py` and what it imports) runs on any Python and knows only the standard library; it makes
the virtual environment in which the second stage (`python -m saas.launcher`) runs.
"""
