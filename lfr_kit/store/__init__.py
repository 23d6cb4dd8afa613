"""Where what must be kept is kept: one database, sealed, audited, and deleted on time.

`store` opens it and is the only way in (`Store.act`: permission, one transaction, audit entry); `tables` say what
there is, `repository` turns rows into records and back, `vault` seals. SQLAlchemy is imported nowhere else.
"""
