"""The expression language: read, checked against the metadata, printed; nothing is evaluated here."""
