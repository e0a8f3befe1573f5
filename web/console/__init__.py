"""The operator pages: live rows to read, change requests to make. Nothing here writes a live row.

``web.admin`` registers them. Importing this package registers nothing: django-unfold reads the log-in form of
``console.login`` before the admin site exists.
"""
