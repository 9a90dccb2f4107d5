"""What the security checklist asks for, fact by fact."""
