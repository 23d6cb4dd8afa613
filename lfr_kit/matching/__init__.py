"""Searching the enrolled references for those most like a probe."""
