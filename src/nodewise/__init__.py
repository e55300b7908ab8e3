"""nodewise: imaging studies of cervical lymph nodes, from scanner files to an accuracy report."""
