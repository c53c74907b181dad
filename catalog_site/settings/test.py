"""Settings of the test suite: tasks run at once, everything is written under a folder of the run."""

import os
import tempfile

os.environ.setdefault("CONSOLE_DATA_DIR", tempfile.mkdtemp(prefix="console-test-"))
os.environ.setdefault("REDIS_URL", "")

from catalog_site.settings.base import *  # noqa: F403  (the data folder is chosen first)
from catalog_site.settings.base import DATABASES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # The suite's in-memory database locks tables at once instead of waiting; its readers then stand in no writer's way.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA read_uncommitted=1;"
