"""The course portal: a Django project that knows nothing of containers."""
