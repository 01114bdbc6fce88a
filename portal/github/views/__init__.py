"""Pages and addresses of GitHub's part."""
