"""Is it a violation? One rule for each of the four, and the words that explain it."""
