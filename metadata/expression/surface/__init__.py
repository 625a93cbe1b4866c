"""Expressions as they are written in Portuguese: the same nodes in other words."""
