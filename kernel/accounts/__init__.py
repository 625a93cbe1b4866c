"""Who may sign in, and how: accounts, passwords, second factor, sessions, tokens. It knows no HTTP."""
