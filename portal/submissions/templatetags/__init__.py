"""How submissions and attempts are shown."""
