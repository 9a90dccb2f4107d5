"""The web: the only folder besides app, extensions and cli that imports flask."""

from workbench.web import account, auth, data, desk, guideline, home, quality

BLUEPRINTS = (auth.bp, account.bp, home.bp, desk.bp, quality.bp, data.bp, guideline.bp)
