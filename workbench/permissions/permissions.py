"""Everything that can be allowed."""

from enum import StrEnum, auto


class Permission(StrEnum):
    """One thing a person may do, in the installation or on a project."""

    #: Be logged in: home, own account, own sessions.
    OWN_ACCOUNT = auto()
    #: Open a project's page.
    SEE_PROJECT = auto()
    #: Judge items, and see and change one's own judgments.
    JUDGE = auto()
    #: Agreement, disputes, everyone's answers, progress by reviewer.
    SEE_QUALITY = auto()
    #: Look after reviewers: severity of items, limits of the severe, what the team was shown.
    LOOK_AFTER = auto()
    #: Settle escalations.
    RESOLVE = auto()
    #: Decide what an item's answer is; look at judgments, accept them or give them back.
    DECIDE = auto()
    #: Say from what on leads are told of agreement and the queue.
    SET_ALERTS = auto()
    #: Say how many judgments items get.
    SET_OVERLAP = auto()
    #: Publish versions of the guideline; see who has read it.
    WRITE_GUIDELINE = auto()
    #: Practice: its items, the pass mark, who may judge live items.
    QUALIFY = auto()
    #: Bring items in.
    IMPORT = auto()
    #: Take training sets out.
    EXPORT = auto()
    #: How long contents are kept, closing, the watermark.
    KEEP = auto()
    #: Tokens for programs: make one's own, see and end those of the project.
    HOLD_TOKENS = auto()
    #: Webhooks: make, try, pause and remove those of the project.
    HOLD_WEBHOOKS = auto()
    #: People and projects of the installation.
    ADMINISTER = auto()
