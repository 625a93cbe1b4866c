"""What a configuration may say: readable and checkable, with no database, no user and no HTTP."""
