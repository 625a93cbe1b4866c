"""What happens to data: the only folder that knows the database."""
