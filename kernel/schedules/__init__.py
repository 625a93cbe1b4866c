"""What begins by itself: when it falls due, whoever begins it, and what came of it."""
