"""What people see in notebooks and dashboards."""
