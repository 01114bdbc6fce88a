"""Filters that every page may load."""
