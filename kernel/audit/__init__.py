"""Who did what: triggers note every change of every record; what is noted can be read, and not rewritten.

Start reading at watch.py (what is noted) and history.py (how it is read).
"""
