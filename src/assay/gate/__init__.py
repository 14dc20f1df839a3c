"""Policy + evidence → decision; pure functions."""
