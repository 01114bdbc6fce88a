"""Tags for pages of apps that know nothing of GitHub."""
