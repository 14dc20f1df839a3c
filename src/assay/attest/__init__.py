"""Facts → signed statements → verified statements: predicates, keys, trust."""
