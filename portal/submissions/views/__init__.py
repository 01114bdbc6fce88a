"""The pages of a submission: from its mini-project over the link to the outcome."""
