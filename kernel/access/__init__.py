"""Who may see and do what: profiles made of roles, and configuration and tables as each sees them."""
