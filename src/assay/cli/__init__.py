"""One command, one file; the only prints and the only exit codes."""

from assay.cli.main import main

__all__ = ["main"]
