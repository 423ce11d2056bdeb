"""What connlint costs, measured side by side with its peers. `python -m bench` prints a table."""
