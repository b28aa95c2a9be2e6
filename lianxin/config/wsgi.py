"""The web server's door. It stays shut where the installation is not fit to be worked on."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianxin.config.settings")
application = get_wsgi_application()

from lianxin.config.readiness import why_not_ready  # noqa: E402  # needs the applications loaded

problem = why_not_ready()
if problem:
    sys.exit(problem)
