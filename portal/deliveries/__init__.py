"""What is handed in beside code: reports, presentations, updates; and snapshots at a deadline."""
