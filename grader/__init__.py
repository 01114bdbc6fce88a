"""Fetches, builds, runs and judges what students submit: the only place that touches their code."""
