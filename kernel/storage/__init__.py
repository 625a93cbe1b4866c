"""Tables, migrations and records: how entities are kept in PostgreSQL."""
