"""What the server tells those who run it: lines of its log, counts, whether it is ready."""
