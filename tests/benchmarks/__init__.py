"""Benchmarks against hand-written programs of the same meaning, in one run; started by `./aroeira bench NAME`."""
