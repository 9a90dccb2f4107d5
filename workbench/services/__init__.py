"""SQL that writes: a module a verb. Services flush, never commit."""
