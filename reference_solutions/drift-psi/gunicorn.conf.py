"""How Gunicorn runs the application."""

import os

wsgi_app = "app:create_app()"
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = 1  # what was learnt lives in this one process
threads = 4
accesslog = "-"
