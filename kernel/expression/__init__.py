"""What expressions mean: closures for one record, SQL for sets; both from one list of built-ins."""
