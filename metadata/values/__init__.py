"""How single values are read from what people type and printed for them: one file per family."""
