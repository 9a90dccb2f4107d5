"""From judgments to files that a trainer reads, and the manifest that says how they came about."""
