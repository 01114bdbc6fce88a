"""How Gunicorn runs the application."""

import os

wsgi_app = "app:load()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
preload_app = True  # a variant that cannot be loaded ends the container at its start
workers = 1  # the counts of /stats live in one process
threads = 1
