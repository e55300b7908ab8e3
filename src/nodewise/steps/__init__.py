"""The pipeline, one file a step: the only place where rooms meet."""
