"""What people see and do during a deployment: one widget a dashboard, and a camera's picture for notebooks.

A widget is a shell: a script and a style sheet beside it do everything in the browser, with the visitor's own
session, against the server (`lfr_kit.ui.server`). The kernel that shows it holds no store, no key and no picture.
"""
