"""The portal as tests see it: a folder of its own, a broker in memory, quick passwords."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_var = Path(tempfile.mkdtemp(prefix="portal-tests-"))
atexit.register(shutil.rmtree, _var, ignore_errors=True)

os.environ["PORTAL_DEMO"] = "1"
os.environ["PORTAL_VAR"] = str(_var)
os.environ["PORTAL_BROKER_URL"] = "memory://"
for _name in (
    "PORTAL_SECRET_KEY",
    "PORTAL_SIGNING_KEY",
    "PORTAL_DATABASE_URL",
    "PORTAL_SECRETS_DIR",
):
    os.environ.pop(_name, None)

from portal.settings import *  # noqa: E402, F403 - the surroundings come first
from portal.settings import DATABASES  # noqa: E402

(_var / "static").mkdir()
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET = "Iv1.tests", "not-much-of-a-secret"
# A file, not memory: several threads share it as several processes share the real one.
DATABASES["default"]["TEST"] = {"NAME": _var / "test.sqlite3"}
