"""The web: the only folder besides app, extensions and cli that imports flask."""

from workbench.web import account, auth, care, data, desk, home, quality

BLUEPRINTS = (auth.bp, account.bp, home.bp, desk.bp, quality.bp, care.bp, data.bp)
