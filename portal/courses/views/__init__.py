"""The pages of an edition: its rules and dates, its teams, its roster."""
