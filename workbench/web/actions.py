"""What the actions of the audit trail are called, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.messages import N_, Message
from workbench.models import Role, Settled
from workbench.web.jobs import STATES
from workbench.web.language import said
from workbench.web.quality import OUTCOMES as HOW_RESOLVED
from workbench.web.settle import OUTCOMES as HOW_SETTLED

ACTIONS: Mapping[str, Message] = {
    # Access
    "login": N_("Logged in"),
    "login.failed": N_("Failed to log in"),
    "login.refused": N_("Failed at the second step of a log-in"),
    "logout": N_("Logged out"),
    "asked": N_("Showed again who they are"),
    "provider.link": N_("Linked a log-in at the provider"),
    "provider.unlink": N_("Ended a log-in at the provider"),
    "provider.refused": N_("Was refused a log-in by the provider"),
    "factor.app_begin": N_("Began to set up an app of codes"),
    "factor.app": N_("Set up an app of codes"),
    "factor.app_remove": N_("Removed the app of codes"),
    "factor.codes": N_("Made recovery codes"),
    "factor.code_used": N_("Used a recovery code"),
    "factor.passkey": N_("Added a passkey"),
    "factor.passkey_name": N_("Renamed a passkey"),
    "factor.passkey_remove": N_("Removed a passkey"),
    "factor.reset": N_("Took a person's second factor away"),
    "keys.rotate": N_("Made a new key for secrets"),
    "user.log_out": N_("Logged a person out everywhere"),
    "user.create": N_("Made an account"),
    "user.code": N_("Made a one-time code"),
    "user.password": N_("Chose a password"),
    "user.disable": N_("Closed an account"),
    "user.enable": N_("Opened an account again"),
    "user.site": N_("Changed where a person works"),
    "user.mail": N_("Confirmed a mail address"),
    "user.mail_off": N_("Ended e-mail"),
    "user.consent": N_("Agreed to the terms"),
    "user.export": N_("Took a copy of their own data"),
    "user.erase_ask": N_("Asked to be erased"),
    "user.erase": N_("Erased a person"),
    "terms.publish": N_("Published terms"),
    "token.make": N_("Made a token"),
    "token.revoke": N_("Ended a token"),
    # Looks and files
    "item.uncover": N_("Uncovered an item"),
    "item.view": N_("Saw a sensitive item"),
    "practice.uncover": N_("Uncovered a practice item"),
    "export": N_("Exported data"),
    "export.download": N_("Took a file"),
    "audit.export": N_("Copied the audit trail, signed"),
    "audit.table": N_("Took the audit trail as a table"),
    # Judging
    "judgment.submit": N_("Judged an item"),
    "judgment.withdraw": N_("Took a judgment back"),
    "judgment.review": N_("Looked at a judgment"),
    "item.skip": N_("Skipped an item"),
    "item.unskip": N_("Took a skip back"),
    "item.pause": N_("Paused at an item"),
    "item.escalate": N_("Asked a lead about an item"),
    "item.adjudicate": N_("Decided an item"),
    "item.gold": N_("Changed what is gold"),
    "item.severity": N_("Changed the severity of an item"),
    "escalation.resolve": N_("Settled an escalation"),
    "escalation.own": N_("Took an escalation over"),
    "guideline.read": N_("Read the guideline"),
    "practice.pass": N_("Finished a practice round"),
    "practice.fall": N_("Is sent back to practice"),
    "practice.let_in": N_("Let a reviewer in"),
    "practice.send_back": N_("Sent a reviewer to practice"),
    # Projects
    "project.create": N_("Made a project"),
    "project.close": N_("Closed a project"),
    "project.open": N_("Opened a project again"),
    "project.keep": N_("Changed how long contents are kept"),
    "project.removed": N_("Removed the contents of a project"),
    "project.watermark": N_("Changed the watermark"),
    "project.add": N_("Put a person on a project"),
    "project.remove": N_("Took a person off a project"),
    "project.overlap": N_("Changed the overlap"),
    "project.overlap_rule": N_("Changed the rule of the overlap"),
    "project.pairs": N_("Changed which pairs come first"),
    "project.care": N_("Changed the limits of hard items"),
    "project.watch": N_("Changed when leads are told"),
    "project.agreement_below": N_("Agreement fell below the floor"),
    "project.review": N_("Changed how many judgments are looked at"),
    "project.card": N_("Changed the card of the data"),
    "guideline.write": N_("Published the guideline"),
    "gold.settings": N_("Changed the settings of gold"),
    "practice.pass_mark": N_("Changed the pass mark"),
    "practice.items": N_("Brought practice items in"),
    "practice.retire": N_("Took a practice item out"),
    # Data and programs
    "items.import": N_("Brought items in"),
    "judgments.import": N_("Brought judgments in"),
    "mapping.save": N_("Saved a mapping of columns"),
    "mapping.remove": N_("Removed a mapping of columns"),
    "job.start": N_("Began work in the background"),
    "job.end": N_("Ended work in the background"),
    "webhook.make": N_("Made a webhook"),
    "webhook.pause": N_("Paused a webhook"),
    "webhook.resume": N_("Resumed a webhook"),
    "webhook.turn": N_("Gave a webhook a new secret"),
    "webhook.remove": N_("Removed a webhook"),
    "webhook.replay": N_("Sent an event again"),
    "database.move": N_("Moved everything to another database"),
    "demo.start": N_("Loaded the demonstration"),
}

#: Parts of an entry's detail that people read; the table and the copy hold all of it.
_DETAILS: Mapping[str, Message] = {
    "tries": N_("tries: %(value)s"),
    "role": N_("role: %(value)s"),
    "user": N_("person no. %(value)s"),
    "snapshot": N_("snapshot %(value)s"),
    "file": N_("file %(value)s"),
    "rows": N_("rows: %(value)s"),
    "format": N_("format %(value)s"),
    "version": N_("version %(value)s"),
    "overlap": N_("overlap: %(value)s"),
    "days": N_("days: %(value)s"),
    "state": N_("state: %(value)s"),
    "prefix": N_("token %(value)s"),
    "outcome": N_("outcome: %(value)s"),
}

#: Values that are words of the program and not names: what people read in their place. An outcome
#: is one of an escalation, or of what reviewers disagree about; what both have is one word.
_VALUES: Mapping[str, Mapping[str, Message]] = {
    "role": {
        Role.REVIEWER: N_("reviewer"),
        Role.LEAD: N_("lead"),
        Role.ENGINEER: N_("engineer"),
        Role.ADMIN: N_("admin"),
    },
    "state": STATES,
    "outcome": {**HOW_SETTLED, Settled.REOPENED: N_("opened again"), **HOW_RESOLVED},
}


def in_words(action: str, detail: Mapping[str, Any]) -> tuple[str, str]:
    """What was done, and the rest that is said of it, in the reader's language."""
    known = ACTIONS.get(action)
    more = [
        said(Message(text.text, {"value": _value(name, str(detail[name]))}))
        for name, text in _DETAILS.items()
        if isinstance(detail.get(name), (str, int, float))
    ]
    return said(known) if known else action, " · ".join(more)


def _value(name: str, value: str) -> str:
    known = _VALUES.get(name, {}).get(value)
    return said(known) if known else value
