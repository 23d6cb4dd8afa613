"""Which faces of a track are worth comparing: by quality, never by similarity."""
