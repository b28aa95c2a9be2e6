"""The product's own settings, on a throw-away data folder and with a password hasher that does not take its time."""

import os
import tempfile

# Before the settings are read: they look up the data folder, and a test must never meet the one of whoever runs it.
os.environ["LIANXIN_HOME"] = tempfile.mkdtemp(prefix="lianxin-test-")

from lianxin.config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
