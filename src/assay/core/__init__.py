"""The nouns of the project: frozen values that every other room speaks in. No I/O, no clock, no third party."""
