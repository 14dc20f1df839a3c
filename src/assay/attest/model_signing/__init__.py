"""OpenSSF Model Signing v1: the statement about a model's files that other tools write and verify, too."""
