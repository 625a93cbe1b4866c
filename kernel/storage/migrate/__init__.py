"""From one published configuration to the next: what is wanted, what is there, the steps between.

Start reading at plan.py (shows) and apply.py (runs). Nothing is ever dropped that holds data.
"""
