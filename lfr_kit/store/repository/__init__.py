"""The border: rows in the database on one side, records on the other. One file per kind of thing.

Functions take an open connection (of a `Store.act` or `Store.reading`) and, where something is sealed, its data
key. They hold no rules and check no permission: that is `lfr_kit.operations`.
"""
