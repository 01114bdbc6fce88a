"""What the scripts need beyond the shell."""
