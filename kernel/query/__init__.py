"""The one way to read: a plan (plain data), secured, compiled to one SELECT, run."""
