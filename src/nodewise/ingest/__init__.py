"""From files to volumes, masks and tables; the only room that knows file formats."""
