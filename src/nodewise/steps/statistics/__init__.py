"""Statistics straight from a table: each module answers one command of the command line."""
