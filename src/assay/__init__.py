"""assay: the chain of custody for AI pipelines."""
