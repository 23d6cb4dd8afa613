"""How the tables came to be, release by release, see `lfr_kit.store.schema`."""
