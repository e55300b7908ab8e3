"""Pages for readers and study staff. What a reader gets says nothing but an opaque case code."""
