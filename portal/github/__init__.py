"""What the portal knows of GitHub, and what it wants done there. It never talks to it itself."""
