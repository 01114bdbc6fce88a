"""What the groups of a mini-project have in common, for staff to look at."""
