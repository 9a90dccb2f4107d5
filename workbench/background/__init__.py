"""Work beside the requests: who is woken for it, one piece of it, and whoever does all of it."""
