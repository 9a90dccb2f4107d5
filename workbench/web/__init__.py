"""The web: the only folder besides app, extensions and cli that imports flask."""

from workbench.web import account, auth, data, desk, differences, home, quality

BLUEPRINTS = (auth.bp, account.bp, home.bp, desk.bp, differences.bp, quality.bp, data.bp)
