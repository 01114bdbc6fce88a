"""A web service that reads handwritten digits."""
