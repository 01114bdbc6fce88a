"""What a lecturer writes about one run of a course: its work, its dates, its rules."""
