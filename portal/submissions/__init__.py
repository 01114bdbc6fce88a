"""Submissions: one piece of work, from submit to show."""
