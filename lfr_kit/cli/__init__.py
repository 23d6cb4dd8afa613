"""The command line: each command parses, calls the library, prints. No logic lives here."""
