"""What a lecturer writes: labs and editions as data, acceptance checks as pytest functions."""
