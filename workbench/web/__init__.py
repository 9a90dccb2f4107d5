"""The web: the only folder besides app, extensions and cli that imports flask."""

from workbench.web import (
    account,
    auth,
    care,
    data,
    desk,
    differences,
    guideline,
    home,
    my_work,
    outbox,
    pause,
    practice,
    practising,
    quality,
    second_look,
    settle,
)

BLUEPRINTS = (
    auth.bp,
    account.bp,
    home.bp,
    my_work.bp,
    desk.bp,
    differences.bp,
    outbox.bp,
    pause.bp,
    practising.bp,
    guideline.bp,
    quality.bp,
    settle.bp,
    second_look.bp,
    care.bp,
    practice.bp,
    data.bp,
)
