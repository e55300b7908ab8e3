"""Categories and extension from tables of nodes and readings, without a study."""
