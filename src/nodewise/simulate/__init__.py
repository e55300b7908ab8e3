"""A virtual hospital: files as scanners and laboratories write them, with a truth that is known."""
