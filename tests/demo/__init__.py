"""Tests of the demonstration: what its history holds, and the person in front of a browser who plays it."""
