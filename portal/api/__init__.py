"""The portal for programs: the same functions and permissions as the pages, as JSON."""
