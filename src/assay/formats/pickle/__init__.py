"""Pickles: a symbolic machine with the exact semantics of CPython's C unpickler that imports and calls nothing."""
