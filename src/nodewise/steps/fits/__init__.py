"""Models fitted to series without a study: wishes in, maps, tables and a record out."""
