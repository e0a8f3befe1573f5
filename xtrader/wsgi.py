"""The WSGI application, for servers that take plain DRF and admin off the ASGI processes."""

import os

from django.core.wsgi import get_wsgi_application

from xtrader.variables.first_check import settings_or_exit

# What this process writes is for its owner only.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

settings_or_exit()
application = get_wsgi_application()
