"""What every app shares: words for refusals, clean text, the base of all pages."""
