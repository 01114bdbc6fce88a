"""A web service that predicts, notices when its traffic changes, and learns again."""
