"""This folder runs the examples of processes: a world of a few records, a dry run, a run, and a second one.

Start reading at rehearse.py.
"""
