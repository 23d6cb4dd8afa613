"""A deployment while it runs."""
