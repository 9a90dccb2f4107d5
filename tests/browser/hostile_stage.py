"""An installation in which every text that people or files can give is hostile.

All of it comes in through the services and importers that a person or a file meets. What they
refuse is counted: a text that is not taken can do nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.arrivals import as_source, raw_judgment
from tests.browser.site import Line, People, Site
from tests.hostile import HOSTILE
from tests.practice_lines import as_file
from workbench import task_types
from workbench.db import now as database_now
from workbench.errors import Conflict
from workbench.export import formats
from workbench.export.policy import parse_policy
from workbench.intake.fields import name_fault
from workbench.intake.items import parse_item
from workbench.intake.mapping import ColumnMapping
from workbench.messages import Invalid, Message
from workbench.models import (
    Assignment,
    Escalation,
    Event,
    Item,
    JobKind,
    JobState,
    Judgment,
    Outcome,
    Passkey,
    PracticeItem,
    Project,
    Settled,
    State,
    User,
    Verdict,
)
from workbench.queries.items import as_item
from workbench.services import (
    accounts,
    adjudicate,
    api_tokens,
    card_text,
    gold,
    guideline,
    import_items,
    import_judgments,
    jobs,
    keep_snapshot,
    leave_item,
    login,
    mailbox,
    make_export,
    mappings,
    pairs,
    passkeys,
    practice,
    practice_items,
    projects,
    provider_accounts,
    qualify,
    resolve,
    review_judgment,
    terms,
    webhooks,
)

#: In the name of every model, which no reviewer may read.
MODEL = "m0del-canary"
#: Keys of answers under which a person writes what they like.
WRITTEN = {"reason", "comment", "note", "better_response"}
#: Names a file can give: an id, a model, a tag.
NAMES = [text for text in HOSTILE if name_fault(text, 100) is None]
#: What is left of them in an address of a web page and in one of e-mail.
PLAIN = [
    plain
    for text in HOSTILE
    if len(plain := "".join(c for c in text if "!" <= c <= "~" and c not in "\\#")) > 8
]
MAIL = ["'onmouseover%3Dpwned'@evil.test", "%s%(x)s--'or'1'-'@evil.test", "%s%n'--@evil.test"]
#: Names of people that a page could take for something else.
LOGINS = ["www.evil.test", "x@evil.test", "constructor", "1+1", "con..txt"]


def packed(most: int) -> list[str]:
    """All the texts in as few as there can be of at most `most` characters."""
    packs = [""]
    for text in HOSTILE:
        if packs[-1] and len(packs[-1]) + len(text) + 2 > most:
            packs.append("")
        packs[-1] += ("\n\n" if packs[-1] else "") + text
    return packs


@dataclass
class Hostile:
    """The site, its people and projects, and how many texts were taken and refused by field."""

    site: Site
    people: People
    admin: User
    projects: dict[str, Project] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def offer(
        self, name: str, put: Callable[[Session, str], object], texts: Iterable[str] = HOSTILE
    ) -> None:
        """Give a service each of these texts."""
        for text in texts:
            try:
                with self.site.database.write() as writing:
                    put(writing, text)
            except (Invalid, Conflict):
                self.refused[name] += 1
            else:
                self.taken[name] += 1

    def lines(self, type_slug: str, texts: Iterable[str]) -> list[Line]:
        """An item of each of these texts, which is the prompt and what was answered."""
        return [self._line(type_slug, n, text) for n, text in enumerate(texts)]

    def _line(self, type_slug: str, number: int, text: str) -> Line:
        name, other = NAMES[number % len(NAMES)], NAMES[(number + 7) % len(NAMES)]

        def said(one: str) -> Line:
            met = NAMES[(number // 6 + int(one)) % len(NAMES)]
            model = {"id": other[:60] + one, "model": f"{MODEL} {met}"[:200]}
            if type_slug == "steps":
                return {**model, "steps": [text, f"{one}\n{text}"]}
            if type_slug == "conversation":
                turns = [("assistant", text), ("user", text), ("assistant", one + text)]
                return {**model, "messages": [{"role": r, "content": c} for r, c in turns]}
            return {**model, "text": f"{text}\n{one}", "metadata": {name: text}}

        both = type_slug in {"ranking", "rating", "conversation"}
        return {
            "id": f"{name} {number}",
            "language": "en",
            "prompt": [
                {"role": "system", "content": text},
                {"role": "user", "content": text},
            ],
            "responses": [said(one) for one in ("1", "2")[: 1 + both]],
            "tags": [name, other],
            "metadata": {name: text, "deep": [{other: text}]},
            **({"severity": 3} if number % 5 == 4 else {}),
        }


def salted(value: Any, texts: Iterator[str]) -> Any:
    """Settings with a hostile text for every title, question and help in them."""
    if isinstance(value, Mapping):
        if set(value) == {"es", "en"}:
            return {language: next(texts) for language in value}
        return {key: salted(each, texts) for key, each in value.items()}
    return [salted(each, texts) for each in value] if isinstance(value, list) else value


def written(answer: Any, text: str) -> Any:
    """The answer with that text wherever a person writes."""
    if isinstance(answer, list):
        return [written(each, text) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {k: text if k in WRITTEN else written(v, text) for k, v in answer.items()}


def answer_for(project: Project, lease: Any, session: Session, text: str) -> dict[str, Any]:
    """A sound answer to what is leased, with the text in all that is written."""
    item = as_item(session.get_one(Item, lease.item_id))
    given = written(task_types.get(project.type).example_answer(item, project.config), text)
    if project.type == "rewrite":
        given = {"verdict": "edited", "text": text, "problems": [], "reason": text}
    if project.type == "bias":
        passage = item.responses[0].text
        end = min(len(passage), 200)
        given["flags"][0] |= {"start": 0, "end": end, "quote": passage[:end]}
    return task_types.get(project.type).check_answer(given, item, project.config)


def set_hostile_stage(site: Site) -> Hostile:
    """Everything there is, with every hostile text."""
    people = site.people()
    with site.database.write() as writing:
        now = database_now(writing)
        admin = accounts.create_user(writing, name="ada", role="admin", now=now, locale="en")
    made = Hostile(site, people, admin)
    _persons(made)
    _projects(made)
    for project in made.projects.values():
        _answers(made, project)
    _leaving(made)
    _leads(made)
    _practice(made)
    _engineers(made)
    _the_rest(made)
    return made


# --- people ---------------------------------------------------------------------------------


def _persons(made: Hostile) -> None:
    numbers = iter(range(10_000))

    def person(session: Session, name: str = "", site: str = "") -> User:
        named = name or f"somebody-{next(numbers)}"
        now = database_now(session)
        return accounts.create_user(session, name=named, role="reviewer", now=now, site=site)

    made.offer("user_account.name", lambda s, text: person(s, name=text), [*HOSTILE, *LOGINS])
    made.offer("user_account.site", lambda s, text: person(s, site=text))
    ana = made.people.ana
    for text in HOSTILE:
        with made.site.database.write() as writing:
            row, now = writing.get_one(User, ana.id), database_now(writing)
            login.open_session(writing, row, now, timedelta(hours=12), text[:200])
    made.offer("mailbox.pending", lambda s, text: _ask_mail(s, made.people.luz, text))
    for who in (ana, made.people.luz, made.people.edu):
        made.offer("mailbox.pending", lambda s, text, who=who: _ask_mail(s, who, text), MAIL)
    with made.site.database.write() as writing:
        now, key = database_now(writing), writing.info["key"]
        asked = mailbox.link_token(key, ana.id, MAIL[-1], now)
        assert mailbox.confirm(writing, ana.id, asked, now)
    made.offer("provider_account.subject", lambda s, text: provider_accounts.link(
        s, person(s), provider_accounts.Identity("https://id.example.org", text), database_now(s)
    ))  # fmt: skip
    for name in HOSTILE:
        with made.site.database.write() as writing:
            keys = login.throttle_keys(name, "192.0.2.1")
            login.note_failure(writing, keys, database_now(writing))


def _ask_mail(session: Session, user: User, text: str) -> None:
    address = mailbox.clean_address(text)
    mailbox.note_link(session, user.id, address, database_now(session))


# --- projects and their items ---------------------------------------------------------------


def _projects(made: Hostile) -> None:
    short = cycle([text for text in HOSTILE if len(text) <= 200])
    for type_slug, task_type in task_types.BY_SLUG.items():
        config = salted(task_type.parse_config({}), short)
        if "criteria" in config:
            keys = ("helpful", "safe")
            config["criteria"] = [
                {"key": key, "title": _both(short), "question": _both(short)} for key in keys
            ]
        if type_slug == "rating":
            config["attributes"] = config["attributes"][:4]
        _project(made, type_slug, type_slug, config, packed(700), short)
    _project(made, "single", "ranking", {}, HOSTILE, short)


def _both(texts: Iterator[str]) -> dict[str, str]:
    return {"es": next(texts), "en": next(texts)}


def _project(
    made: Hostile,
    name: str,
    type_slug: str,
    config: dict[str, Any],
    texts: list[str],
    short: Iterator[str],
) -> None:
    lines = made.lines(type_slug, ["\n\n".join(HOSTILE), *texts])
    title = _both(iter([next(short)[:150], next(short)[:150]]))
    project = made.site.project(
        type_slug, lines, made.people, slug=f"h-{name}", title=title, config=config, overlap=2
    )
    made.site.models = {MODEL}
    made.projects[name] = project
    everything = "\n\n".join(HOSTILE)
    entries = [
        {"kind": "good", "title": _both(short), "text": {"es": p, "en": p}, "why": _both(short)}
        for p in packed(3_000)
    ]
    terms_ = [{"term": {"es": t[:100], "en": t[:100]}, "meaning": _both(short)} for t in HOSTILE]
    with made.site.database.write() as writing:
        row, now = writing.get_one(Project, project.id), database_now(writing)
        for note in (next(short), next(short)):
            draft = guideline.Draft(
                everything, f"{everything}\n\n{note}", note, examples=entries, glossary=terms_[:60]
            )
            guideline.publish(writing, row, draft, now=now, actor=made.people.luz.id)
        told = dict(zip(("summary", "licence", "use", "pay"), cycle(packed(2_000)), strict=False))
        card_text.tell_card(writing, row, told, now=now, actor=made.people.edu.id)


def _answers(made: Hostile, project: Project) -> None:
    """Ana and Ben judge some, and people from elsewhere the rest."""
    texts = cycle(packed(700))
    for who, many in ((made.people.ana, 6), (made.people.ben, 4)):
        for _ in range(many):
            _judge(made, project, who, next(texts))
    if project.slug != "h-single":
        return
    with made.site.database.read() as reading:
        query = select(Item).where(Item.project_id == project.id, Item.slots_left == 2)
        items = [(row.external_id, as_item(row)) for row in reading.scalars(query)][30:]
    task_type = task_types.get(project.type)
    lines = []
    for n, (name, item) in enumerate(items):
        example = written(task_type.example_answer(item, project.config), HOSTILE[n])
        for who in ("elsewhere-1", "elsewhere-2"):
            tiers = example["tiers"][:: 1 if who.endswith("1") else -1]
            lines.append(raw_judgment(name, who, {**example, "tiers": tiers}))
    source = as_source(lines, NAMES[9])
    with (
        import_judgments.prepare(made.site.database, project, source) as prepared,
        made.site.database.write() as writing,
    ):
        row, now = writing.get_one(Project, project.id), database_now(writing)
        import_judgments.import_judgments(writing, row, prepared, now=now, actor=None)


def _judge(made: Hostile, project: Project, who: User, text: str) -> int:
    def answer(lease: Any) -> dict[str, Any]:
        with made.site.database.read() as reading:
            return answer_for(project, lease, reading, text)

    return made.site.judge(project, who, answer)


# --- what reviewers and leads say of it -----------------------------------------------------


def _leaving(made: Hostile) -> None:
    single = made.projects["single"]
    for text in packed(1_900):
        made.site.leave(single, made.people.ana, leave_item.skip, text)
        made.site.leave(single, made.people.ben, leave_item.escalate, text)
    for text in HOSTILE[::12]:
        made.site.leave(single, made.people.ana, leave_item.escalate, text)


def _leads(made: Hostile) -> None:
    luz, single = made.people.luz, made.projects["single"]
    packs = cycle(packed(1_900))
    with made.site.database.write() as writing:
        now = database_now(writing)
        asked = writing.scalars(select(Escalation.id).order_by(Escalation.id)).all()
        for number in asked[::2]:
            resolve.resolve(writing, number, luz.id, Outcome.ANSWERED, next(packs), now)
        judged = writing.scalars(select(Judgment).where(Judgment.user_id == made.people.ana.id))
        for n, row in enumerate(judged.all()):
            verdict = (Verdict.ACCEPTED, Verdict.RETURNED)[n % 2]
            look = review_judgment.Look(row.id, luz.id, verdict, next(packs))
            review_judgment.review(writing, look, now)
        imported = select(Assignment).where(
            Assignment.project_id == single.id, Assignment.state == State.JUDGED
        )
        settled: set[int] = set()
        for lease in writing.scalars(imported.order_by(Assignment.item_id.desc())).all():
            if lease.item_id in settled or len(settled) > 15:
                continue
            settled.add(lease.item_id)
            adjudicate.adjudicate(writing, _decision(writing, single, lease, luz, next(packs)), now)
        for project in made.projects.values():
            item = writing.scalars(
                select(Item).where(Item.project_id == project.id).order_by(Item.id.desc())
            ).first()
            assert item is not None
            answer = answer_for(project, _Held(item.id), writing, next(packs))
            known = gold.Known(answer, task_types.get(project.type).version, next(packs))
            gold.mark(writing, project, item.id, known, now=now, actor=luz.id)


@dataclass
class _Held:
    item_id: int


def _decision(
    session: Session, project: Project, lease: Assignment, lead: User, text: str
) -> adjudicate.Decision:
    return adjudicate.Decision(
        item_id=lease.item_id,
        lead_id=lead.id,
        outcome=Settled.ANSWERED,
        answer=answer_for(project, lease, session, text),
        type_version=task_types.get(project.type).version,
        note=text,
    )


def _practice(made: Hostile) -> None:
    """Items of practice in every project; in one of them it is asked for, and begun."""
    for name, project in made.projects.items():
        task_type = task_types.get(project.type)
        lines = []
        for line in made.lines(project.type, packed(2_000)):
            item = as_item_line(line)
            expected = written(task_type.example_answer(item, project.config), line["id"])
            why = line["prompt"][0]["content"][:2_000]
            lines.append({**line, "expected": expected, "why": {"es": why, "en": why}})
        with (
            practice_items.prepare(as_file(*lines), task_type, project.config) as prepared,
            made.site.database.write() as writing,
        ):
            row, now = writing.get_one(Project, project.id), database_now(writing)
            practice_items.add_items(writing, row, prepared, now=now, actor=None)
            if name == "steps":
                _practise(writing, row, made.people.ben)


def as_item_line(line: Line) -> Any:
    return parse_item(line)


def _practise(session: Session, project: Project, who: User) -> None:
    now = database_now(session)
    qualify.set_pass_mark(session, project, 75, now=now, actor=None, excuse=False)
    begun = practice.begin(session, project, who.id, now)
    assert begun is not None
    for number in begun.items[:2]:
        row = session.get_one(PracticeItem, number)
        practice.answer(session, project, who.id, begun.number, number, row.expected, now)


# --- what engineers and admins enter --------------------------------------------------------


def _engineers(made: Hostile) -> None:
    edu, project = made.people.edu, made.projects["single"]

    def token(session: Session, text: str) -> None:
        wanted = api_tokens.Wanted(text, ("read",))
        now = database_now(session)
        api_tokens.make(session, project, edu, wanted, now=now, actor=edu.id)

    def mapping(session: Session, text: str) -> None:
        body = ColumnMapping(
            columns={"prompt": text, "response.a": f"{text} a", f"metadata.{text}": text},
            constants={"language": "en"},
        )
        now = database_now(session)
        mappings.save(session, project, text[:60].strip(), body, now=now, actor=edu.id)

    def hook(session: Session, text: str) -> None:
        now = database_now(session)
        row, _ = webhooks.make(
            session, project, webhooks.Wanted(text, tuple(map(str, Event))), now=now, actor=edu.id
        )
        webhooks.ping(session, row, now=now)

    def title(session: Session, text: str) -> None:
        now, both = database_now(session), {"es": text, "en": text}
        slug = f"h-title-{made.taken['project.title']}"
        added = projects.create_project(
            session, slug=slug, type_slug="bias", title=both, overlap=1, config={}, now=now
        )
        projects.add_member(session, added, edu, role="engineer", now=now)

    def note(session: Session, text: str) -> None:
        now = database_now(session)
        draft = guideline.Draft(text, text, text)
        guideline.publish(session, made.projects["single"], draft, now=now, actor=edu.id)

    made.offer("project.title", title)
    made.offer("guideline.note", note)
    made.offer("source.name", lambda s, text: _file(made, s, text))
    made.offer("passkey.name", lambda s, text: _passkey(s, edu, text))
    made.offer("export_file.policy", lambda s, text: _snapshot(made, s, text), HOSTILE[::15])
    made.offer("api_token.name", token)
    made.offer("mapping.name", mapping)
    made.offer("webhook.url", hook)
    made.offer("webhook.url", hook, [f"https://hooks.test/{text}" for text in PLAIN])
    _jobs(made)


def _the_rest(made: Hostile) -> None:
    """Which models are in doubt, and terms that all of them have agreed to."""
    project = made.projects["single"]
    with made.site.database.write() as writing:
        row, now = writing.get_one(Project, project.id), database_now(writing)
        pairs.set_ahead(writing, row, 5, now=now, actor=made.people.luz.id)
    pairs.choose(made.site.database, project.id)
    with made.site.database.write() as writing:
        now = database_now(writing)
        everything = "\n\n".join(HOSTILE)
        terms.publish(writing, es=everything, en=everything, now=now, actor=made.admin.id)
        for who in (*vars(made.people).values(), made.admin):
            terms.agree(writing, who.id, 1, now)


def _file(made: Hostile, session: Session, name: str) -> None:
    """The same item once more, from a file of that name."""
    project = made.projects["single"]
    source = as_source(made.lines("ranking", HOSTILE[:1]), name)
    task_type = task_types.get(project.type)
    with import_items.prepare(source, task_type, project.config) as prepared:
        now = database_now(session)
        import_items.import_items(session, project, prepared, now=now, actor=None, revise=True)


def _passkey(session: Session, user: User, name: str) -> None:
    """A key that is no key, since only its name is of interest here."""
    now = database_now(session)
    row = Passkey(user_id=user.id, name="-", credential_id=name.encode().hex(), public_key="-",
                  sign_count=0, transports=[], created_at=now)  # fmt: skip
    session.add(row)
    session.flush()
    passkeys.rename(session, user.id, row.id, name, now)


def _snapshot(made: Hostile, session: Session, text: str) -> None:
    """A snapshot with the text among its settings, and every text in its rows and its card."""
    project, fmt = made.projects["single"], formats.BY_NAME["judgments"]
    policy = parse_policy({"seed": text[:40], "without": f"{text},{NAMES[0]}"})
    place = make_export.Place(
        made.site.app.extensions["workbench_config"].exports, ZoneInfo("America/Bogota")
    )
    wanted = keep_snapshot.Wanted(f"s-{made.taken['export_file.policy']}", fmt, policy)
    keep_snapshot.keep(
        made.site.database, lambda: session, project, wanted, place=place,
        now=database_now(session), actor=made.people.edu.id,
    )  # fmt: skip


def _jobs(made: Hostile) -> None:
    """One that waits, and one that failed, with what it was asked and why it could not."""
    project, edu = made.projects["single"], made.people.edu
    policy = parse_policy({"tags": f"{HOSTILE[0]},{NAMES[0]}", "seed": NAMES[1][:40]})
    options = make_export.as_options(policy)
    said = {"format": "judgments", "options": options, "name": "later"}
    with made.site.database.write() as writing:
        now = database_now(writing)
        wanted = jobs.Wanted(JobKind.SNAPSHOT, said)
        failed = jobs.make(writing, project, wanted, now=now, actor=edu.id)
        held = jobs.claim(writing, failed.id, now)
        assert held is not None
        why = [Message("There is no such model: %(name)s.", {"name": text}) for text in NAMES[:20]]
        jobs.end(writing, held, jobs.Ended(JobState.FAILED, errors=why), now)
        jobs.make(writing, project, wanted, now=now, actor=edu.id)
