"""Sending webhooks: which addresses may be sent to, one request, and whoever does all of it."""
