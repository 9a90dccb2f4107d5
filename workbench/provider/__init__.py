"""An organisation's OpenID provider: asking it who somebody is, and believing only what it signed.

OpenID Connect Core 1.0, the authorization code flow with PKCE (RFC 7636).
"""
