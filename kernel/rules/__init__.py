"""What the rules of records come to: conditions, computed fields, checks and fills."""
