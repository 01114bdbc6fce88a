"""How Gunicorn runs the application."""

import os

wsgi_app = "app:load()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
preload_app = True  # a model that cannot be loaded ends the container at its start
workers = 1
threads = 16
graceful_timeout = 8  # seconds for requests under way when SIGTERM comes
accesslog = "-"
