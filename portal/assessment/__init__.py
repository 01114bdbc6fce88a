"""Assessment: the lecturer decides per criterion; the grader only proposes."""
