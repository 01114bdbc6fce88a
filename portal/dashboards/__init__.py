"""Pages over everything: a student's home, and the class at a glance. No models of its own."""
