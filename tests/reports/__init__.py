"""Tests of reports over the tree."""
