"""The tables themselves, for statements that go to them directly.

A row as a tuple costs a third of a row as an object, and writes no less: that is for what every
answer costs, and for many rows at once. Objects that a session holds already do not hear of it.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table, func

from workbench.models.audit import AuditEntry, AuditHead
from workbench.models.base import Base
from workbench.models.item import Item, QueueCursor
from workbench.models.judgment import Assignment, Judgment
from workbench.models.project import Acknowledgement, Guideline, Membership, Project
from workbench.models.second_factor import AuthenticatorApp, Passkey
from workbench.models.terms import Consent, Terms
from workbench.models.user import User, WebSession


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


acknowledgement = _table(Acknowledgement)
assignment = _table(Assignment)
audit_entry = _table(AuditEntry)
audit_head = _table(AuditHead)
authenticator_app = _table(AuthenticatorApp)
consent = _table(Consent)
guideline = _table(Guideline)
item = _table(Item)
judgment = _table(Judgment)
membership = _table(Membership)
passkey = _table(Passkey)
project = _table(Project)
queue_cursor = _table(QueueCursor)
terms = _table(Terms)
user = _table(User)
web_session = _table(WebSession)

#: Of an item: the severity that counts, as `Item.severity_now` has it.
severity_now = func.coalesce(item.c.severity_mark, item.c.severity)
