"""E-mail: what is written, in which language, and how it reaches a mail server."""
