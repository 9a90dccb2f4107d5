"""Tables. What may never be untrue of the data is written here as constraints."""

from workbench.models.api_token import ApiToken, Scope
from workbench.models.audit import (
    AGREEMENT_BELOW,
    AuditEntry,
    AuditHead,
    FailedLogin,
    SensitiveView,
)
from workbench.models.base import Base
from workbench.models.care import ReviewerCare
from workbench.models.decision import Adjudication, Review, Settled, Verdict
from workbench.models.export_file import ExportFile
from workbench.models.gold import Gold, GoldCheck
from workbench.models.item import Copy, Item, QueueCursor, Source
from workbench.models.job import Job, JobKind, JobState, Unit
from workbench.models.judgment import Assignment, Escalation, Judgment, Outcome, State
from workbench.models.learnt import Learnt, PairsChosen
from workbench.models.mapping import SavedMapping
from workbench.models.notice import ROLES_OF, Kind, Mailbox, Notice, Watch
from workbench.models.practice import (
    How,
    PracticeAnswer,
    PracticeItem,
    PracticeRound,
    Qualification,
)
from workbench.models.project import LANE_FOOT, Acknowledgement, Guideline, Membership, Project
from workbench.models.removal import ContentRemoval
from workbench.models.second_factor import (
    AuthenticatorApp,
    Begun,
    Passkey,
    Purpose,
    RecoveryCode,
)
from workbench.models.terms import Consent, Terms
from workbench.models.user import (
    LoginCode,
    LoginThrottle,
    ProviderAccount,
    Role,
    User,
    WebSession,
)
from workbench.models.webhook import PING, Event, Sending, Webhook, WebhookDelivery, Why

__all__ = [
    "AGREEMENT_BELOW",
    "LANE_FOOT",
    "PING",
    "ROLES_OF",
    "Acknowledgement",
    "Adjudication",
    "ApiToken",
    "Assignment",
    "AuditEntry",
    "AuditHead",
    "AuthenticatorApp",
    "Base",
    "Begun",
    "Consent",
    "ContentRemoval",
    "Copy",
    "Escalation",
    "Event",
    "ExportFile",
    "FailedLogin",
    "Gold",
    "GoldCheck",
    "Guideline",
    "How",
    "Item",
    "Job",
    "JobKind",
    "JobState",
    "Judgment",
    "Kind",
    "Learnt",
    "LoginCode",
    "LoginThrottle",
    "Mailbox",
    "Membership",
    "Notice",
    "Outcome",
    "PairsChosen",
    "Passkey",
    "PracticeAnswer",
    "PracticeItem",
    "PracticeRound",
    "Project",
    "ProviderAccount",
    "Purpose",
    "Qualification",
    "QueueCursor",
    "RecoveryCode",
    "Review",
    "ReviewerCare",
    "Role",
    "SavedMapping",
    "Scope",
    "Sending",
    "SensitiveView",
    "Settled",
    "Source",
    "State",
    "Terms",
    "Unit",
    "User",
    "Verdict",
    "Watch",
    "WebSession",
    "Webhook",
    "WebhookDelivery",
    "Why",
]
