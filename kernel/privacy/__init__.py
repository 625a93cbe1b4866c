"""Data of people: shown for a reason, exported for a purpose, gathered by person, anonymised."""
