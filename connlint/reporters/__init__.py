"""What came of a run, for people and for programs. Reporters return text; only the command line prints."""
