"""The pages of demos: for students, for staff, the sheet, talks, calendars."""
