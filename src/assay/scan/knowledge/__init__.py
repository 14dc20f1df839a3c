"""What formats' own operators and functions are: lists read from the real packages, for rules to judge by."""
