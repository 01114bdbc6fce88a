"""Two processes, whose counters meet in files that the client library shares among them."""

import os
import shutil

FOLDER = "/tmp/metrics"

wsgi_app = "app:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = 2
threads = 4
worker_tmp_dir = "/tmp"
loglevel = "warning"  # its own words are no JSON; what happens to requests is logged by the app

shutil.rmtree(FOLDER, ignore_errors=True)
os.makedirs(FOLDER)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = FOLDER  # before the library is imported
