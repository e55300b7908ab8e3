"""From tables to one page that a reviewer can check."""
