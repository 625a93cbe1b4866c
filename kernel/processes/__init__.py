"""Processes: work on many records at once, in declared steps that are compiled to SQL over sets."""
