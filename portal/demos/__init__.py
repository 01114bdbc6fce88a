"""Demos and orals: slots and bookings, videos instead, the sheet beside a demo, and talks."""
