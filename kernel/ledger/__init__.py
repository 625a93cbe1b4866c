"""Ledgers: entries balance and closed periods stay as they are, held by the database; begin at watch.py."""
