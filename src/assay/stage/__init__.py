"""Run one step of a pipeline isolated, and record what went in, what came out, and where it ran."""
