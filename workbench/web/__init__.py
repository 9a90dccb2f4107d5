"""The web: the only folder besides app, extensions and cli that imports flask."""

from workbench.web import account, auth, data, desk, home, outbox, quality

BLUEPRINTS = (auth.bp, account.bp, home.bp, desk.bp, outbox.bp, quality.bp, data.bp)
