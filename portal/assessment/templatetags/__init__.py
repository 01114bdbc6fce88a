"""How decisions are shown."""
