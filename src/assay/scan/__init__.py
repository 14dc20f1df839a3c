"""Artifact → findings, by reading and never by running: rules look at views, the scanner accounts for every file."""
