"""Courses: editions, their mini-projects and rubrics, and who takes part."""
