"""How expressions are said in Portuguese sentences; `metadata.expression.describe` is what others call."""
