"""The letters that Workbench writes: plain text, and the same as simple HTML.

No letter holds anything of an item, and no subject names a project: mailboxes are read elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from workbench.config import Config
from workbench.mail.language import Language
from workbench.messages import N_
from workbench.queries.notices import Line, sentence
from workbench.veil import Veil

#: A header stays one line, so that no address in it is broken up (RFC 5322 allows 998 signs).
_POLICY = SMTP.clone(max_line_length=900)

_HEAD = '<!doctype html><html lang="{}"><head><meta charset="utf-8"></head><body>'


@dataclass(frozen=True)
class Site:
    """What letters say of this installation."""

    #: Without a slash at its end.
    address: str
    sender: str

    @classmethod
    def of(cls, config: Config) -> Site:
        """The one of the settings."""
        return cls(config.site_address, config.mail_from)


@dataclass(frozen=True)
class Told:
    """What a digest tells: messages, the newest first, and how many more there are."""

    lines: Sequence[Line]
    more: int
    #: Token of the link by which all e-mail ends.
    stop: str
    #: Names items in links.
    veil: Veil


def confirmation(
    site: Site, language: Language, to: str, whose: tuple[str, str], now: datetime
) -> EmailMessage:
    """The letter with the link that confirms an address. `whose`: a log-in name, and the token."""
    name, token = whose
    link = f"{site.address}/account/mail/confirm/{token}"
    lines = [
        language.say(N_("%(name)s, on Workbench, wants to get e-mail at this address.", name=name)),
        language.say(N_("If that is you, open this link within three days and confirm it:")),
        link,
        language.say(N_("If it is not you, do nothing: nothing more is sent here.")),
    ]
    parts = [f"<p>{escape(line)}</p>" for line in lines]
    parts[2] = f"<p>{_link(link, link)}</p>"
    letter = _letter(site, to, language.say(N_("Workbench: confirm your address")), now)
    letter["Message-ID"] = _id(site, "confirm", token)
    _fill(letter, language, "\n\n".join(lines), "".join(parts))
    return letter


def digest(site: Site, language: Language, to: str, told: Told, now: datetime) -> EmailMessage:
    """The letter that tells of messages.

    The same messages make the same Message-ID, so that a mailbox can tell a letter that was sent
    twice.
    """
    subject = language.ngettext(
        "Workbench: %(num)s new message",
        "Workbench: %(num)s new messages",
        len(told.lines) + told.more,
    )
    letter = _letter(site, to, subject, now)
    end = f"{site.address}/unsubscribe/{told.stop}"
    letter["List-Unsubscribe"] = f"<{end}>"
    letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    letter["Message-ID"] = _id(site, "digest", to, *(str(line.id) for line in told.lines))
    text, html = _body(site, language, told)
    if told.more:
        said = language.ngettext("%(num)s more message", "%(num)s more messages", told.more)
        text += [said, ""]
        html.append(f"<p>{escape(said)}</p>")
    foot = (
        (N_("All messages"), f"{site.address}/messages"),
        (N_("Choose what you get by e-mail"), f"{site.address}/account#mail"),
        (N_("No more e-mail"), end),
    )
    text += [f"{language.say(what)}: {where}" for what, where in foot]
    html.append("<hr>" + "".join(f"<p>{_link(at, language.say(what))}</p>" for what, at in foot))
    _fill(letter, language, "\n".join(text), "".join(html))
    return letter


def _body(site: Site, language: Language, told: Told) -> tuple[list[str], list[str]]:
    """Lines of the text, and pieces of the HTML."""
    text, html = [], []
    for title, lines in _by_project(told.lines, language).items():
        text += [title, "-" * len(title)]
        html.append(f"<h2>{escape(title)}</h2><ul>")
        for line in lines:
            said = language.say(sentence(line.kind, line.facts, language.number))
            at, link = language.at_time(line.at), site.address + line.path(told.veil)
            text += [f"* {said} ({at})", f"  {link}"]
            html.append(f"<li>{_link(link, said)} <small>{escape(at)}</small></li>")
        text.append("")
        html.append("</ul>")
    return text, html


def _by_project(lines: Sequence[Line], language: Language) -> dict[str, list[Line]]:
    projects: dict[str, list[Line]] = {}
    for line in lines:
        projects.setdefault(language.title(line.title), []).append(line)
    return projects


def _letter(site: Site, to: str, subject: str, now: datetime) -> EmailMessage:
    # The policy refuses a header with a line end in it.
    letter = EmailMessage(policy=_POLICY)
    letter["From"] = f"Workbench <{site.sender}>"
    letter["To"] = to
    letter["Subject"] = subject
    letter["Date"] = format_datetime(now)
    letter["Auto-Submitted"] = "auto-generated"
    return letter


def _id(site: Site, *parts: str) -> str:
    name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    return f"<{name}@{site.sender.rpartition('@')[2]}>"


def _fill(letter: EmailMessage, language: Language, text: str, html: str) -> None:
    letter.set_content(text + "\n")
    letter.add_alternative(
        _HEAD.format(language.locale) + html + "</body></html>\n", subtype="html"
    )


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}">{escape(text)}</a>'
