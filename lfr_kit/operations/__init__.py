"""What people do with the store, one file per thing: permission, rules, rows and audit entry in one act."""
