"""One predicate type, one file: facts to statements, and verified statements back to the values of ``core``."""
