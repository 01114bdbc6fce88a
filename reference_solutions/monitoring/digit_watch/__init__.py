"""A web service that reads digits, and tells by metrics and logs how it is."""
