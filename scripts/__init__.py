"""What the project's make targets run."""
