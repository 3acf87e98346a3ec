"""The pages of the administrators."""
