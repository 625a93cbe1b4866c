"""What an expression asks of many records at once: typed terms, each of which has one exact form in SQL."""
