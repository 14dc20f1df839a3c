"""One command, one file; the only prints and the only exit codes."""
