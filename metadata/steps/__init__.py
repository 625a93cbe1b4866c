"""What the steps of a process see and make: rows and records, as expressions meet them; begin at walk.py."""
