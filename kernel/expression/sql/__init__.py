"""Expressions as SQL for sets of records, exactly as the closures answer for one; begin at translate.py."""
