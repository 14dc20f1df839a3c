"""The judgement of pickles: what the symbolic machine saw, held against the allow-list, once for all rules."""
