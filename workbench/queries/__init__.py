"""SQL that reads: (session, ...) to rows, dataclasses, DataFrames."""
