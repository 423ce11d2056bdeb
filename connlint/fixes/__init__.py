"""What the rewrites of several rules share, and their proof."""
