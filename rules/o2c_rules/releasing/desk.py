"""From a file to rules in force: propose, review, release, roll back. Authority is asked of the bundle in force.

Who acts was verified by the caller, and the instant is given.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from o2c_rules.bundles import Approval, Circumstances, Release, Scope, Store
from o2c_rules.candidate import candidate, candidates
from o2c_rules.cases import problems_in_cases
from o2c_rules.reading import name_of
from o2c_rules.rulebook import RuleBook, table_files
from o2c_rules.source import BadTable

from .authority import Authority, Person, Refusal, changed_tables
from .chain import CONTRACTS_MOST, Override
from .models import Schedule, lacking
from .normalising import TEXT, normalised
from .proposals import Filed, Proposal, Proposals, Review
from .reports import PROOF, Reports, examine, proved_elsewhere
from .restoring import Back, restored

FILES_MOST, BYTES_MOST = 2_000, 20_000_000
TEXT_MOST = 500

Examine = Callable[[RuleBook, Sequence[str]], Reports]


@dataclass(frozen=True, slots=True)
class Upload:
    """Rule files as a person has them: a whole folder of books, or one file (with its golden cases beside it)."""

    files: Mapping[str, bytes]
    """Relative path with `/` -> content."""
    single: str = ""
    """The one file that stands for its table; empty: the whole folder."""
    more: tuple[str, ...] = ()
    """Further files that stand for theirs, such as another version."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the author says about a proposal."""

    ticket: str
    message: str = ""
    effective_from: datetime | None = None
    contracts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sooner:
    """An instant before the one at which all services are ready, and why."""

    effective_from: datetime
    reason: str


class ReleaseDesk:
    """The desk of one store, at one instant."""

    def __init__(
        self, store: Store, now: datetime, *, needs: RuleBook | None = None, examined_by: Examine = examine
    ) -> None:
        """`needs`: the book that the code was written against, of which a bundle must have every table."""
        self.store, self.now, self._needs, self._examine = store, now.astimezone(UTC), needs, examined_by
        self.proposals = Proposals(store)

    # Propose

    def propose(self, who: Person, upload: Upload, wish: Wish) -> Filed:
        """Take in a bundle with its reports. BadTable where it cannot be read; Refusal where it may not be."""
        contracts = _contracts(wish.contracts)
        _text("ticket", wish.ticket)
        _text("message", wish.message, needed=False)
        if wish.effective_from is not None and wish.effective_from.tzinfo is None:
            raise Refusal("no-zone", "the instant names no zone", "write it as 2026-07-01T00:00:00+02:00")
        base = self.store.book(self._base(contracts, max(self.now, wish.effective_from or self.now)))
        wanted = received(upload, base)
        tables = changed_tables(base, wanted)
        if not tables:
            raise Refusal("nothing-changed", "these rules are in force already", "change a table, or name contracts")
        self._demand_fit(wanted)
        self._authority().demand(who, "propose", tables, scoped=bool(contracts))
        reports = self._examine(wanted, tables)
        with self.store.alone():
            bundle = self.store.publish_book(wanted)
            kept = {name: self.store.add_report(bundle, name, text) for name, text in reports.contents.items()}
            proposal = Proposal(
                id=self.proposals.next_id(),
                bundle=bundle,
                base=base.hash,
                tables=tables,
                author=who.name,
                ticket=wish.ticket.strip(),
                message=wish.message.strip(),
                proposed_at=self.now,
                effective_from=wish.effective_from.astimezone(UTC) if wish.effective_from else None,
                contracts=contracts,
                reports=kept,
                against=reports.against,
            )
            self.proposals.add(proposal)
        return Filed(proposal)

    # Review

    def review(self, who: Person, id_: str, *, approved: bool, comment: str) -> Filed:
        """What a second person says; the author may not, and neither may who has no say in one of its tables."""
        _text("comment", comment, needed=not approved)
        with self.store.alone():
            filed = self.proposals[id_]
            proposal = filed.proposal
            if filed.state != "open":
                raise Refusal("not-open", f"{id_} is {filed.state}")
            if who.name == proposal.author:
                raise Refusal("own-proposal", f"{who.name} wrote {id_} and may not review it", "ask a second person")
            self._authority().demand(who, "approve", proposal.tables, scoped=bool(proposal.contracts))
            review = Review(who.name, approved, comment.strip(), self.now, self.proposals.digest(id_))
            self.proposals.reviewed(id_, review)
        return replace(filed, review=review)

    # Release

    def release(self, who: Person, id_: str, override: str = "") -> Release:
        """Put an approved proposal into force. Refusal, with everything that speaks against it, unless overridden."""
        with self.store.alone():
            filed = self.proposals[id_]
            proposal, review = filed.proposal, filed.review
            if review is None or filed.state != "approved":
                raise Refusal(
                    "not-approved", f"{id_} is {filed.state}", f"o2c --as SOMEBODY rules review {id_} --approve"
                )
            scoped = bool(proposal.contracts)
            authority = self._authority()
            authority.demand(who, "release", proposal.tables, scoped=scoped)
            from_ = proposal.effective_from or self._soonest("release", scoped=scoped)
            if review.digest != self.proposals.digest(id_):
                raise Refusal("changed-since", f"{id_} is not what {review.by} approved", "propose it again")
            self._demand_base(proposal, from_)
            against = self._against(proposal, from_)
            made = self._override(who, proposal, override, against)
            release = self.store.release(
                proposal.bundle,
                from_,
                Approval(proposal.author, review.by, proposal.ticket),
                Scope(proposal.contracts),
                self._about(proposal, who, made),
            )
            self.proposals.released(id_, release.n)
        return release

    def _about(self, proposal: Proposal, who: Person, override: Override | None) -> Circumstances:
        return Circumstances(
            released_at=self.now,
            released_by=who.name,
            proposal=proposal.id,
            message=proposal.message,
            base=proposal.base,
            reports=proposal.reports,
            override=override,
        )

    def _against(self, proposal: Proposal, from_: datetime) -> tuple[str, ...]:
        reports = {n: self.store.report(proposal.bundle, n, digest) for n, digest in proposal.reports.items()}
        elsewhere = proved_elsewhere(reports[PROOF]) if PROOF in reports else "it was never proved"
        lead = self._authority().lead("release", scoped=bool(proposal.contracts))
        early = from_ < self.now + lead
        sooner = f"it takes effect at {from_.isoformat()}, sooner than {lead.total_seconds():.0f} s from now"
        never = [
            f"release {later.n} is to take effect at {later.effective_from.isoformat()}, and never would"
            for later in self._overruled(proposal.contracts, from_)
        ]
        return (*proposal.against, *([elsewhere] if elsewhere else []), *([sooner] if early else []), *never)

    def _overruled(self, contracts: Sequence[str], from_: datetime) -> list[Release]:
        """Releases that are to take effect later, and never would: the last one of the chain counts."""
        releases, touched = self.store.releases(), set(contracts)
        ever = Schedule(releases).ever_in_force
        return [
            r
            for r in releases
            if r.n in ever
            and r.effective_from >= max(from_, self.now)
            and (touched & set(r.scope.contracts) if touched else r.is_general)
        ]

    def _override(self, who: Person, proposal: Proposal, reason: str, against: Sequence[str]) -> Override | None:
        if not against:
            return None
        if not reason.strip():
            hint = "mend it and propose again; or a person with authority over it: --override REASON"
            raise Refusal("not-releasable", "; ".join(against), hint)
        _text("override", reason)
        if who.name == proposal.author:
            raise Refusal("own-proposal", f"{who.name} wrote {proposal.id} and may not override what speaks against it")
        self._authority().demand(who, "override", proposal.tables, scoped=bool(proposal.contracts))
        return Override(who.name, reason.strip(), tuple(against))

    def _demand_base(self, proposal: Proposal, from_: datetime) -> None:
        base = self._base(proposal.contracts, from_)
        if base != proposal.base:
            raise Refusal(
                "stale-base",
                f"{proposal.id} was made from bundle {proposal.base[:12]}, but {base[:12]} would hold at that instant",
                "propose it again, so that it is checked with what came in between",
            )

    # Roll back

    def roll_back(
        self, who: Person, ticket: str, to: int | None = None, sooner: Sooner | None = None
    ) -> tuple[Release, ...]:
        """Bring back what held before the last release, or release `to`; at once, or as early as `sooner` says."""
        _text("ticket", ticket)
        with self.store.alone():
            wanted = restored(self.store.releases(), to, self.now)
            for back in wanted:
                self._demand_fit(self.store.book(back.release.bundle))
            scoped = any(back.scope.contracts for back in wanted)
            soonest = self._soonest("roll-back", scoped=scoped)
            from_ = sooner.effective_from if sooner else soonest
            tables = sorted({name for back in wanted for name in self._changed_by(back, from_)})
            if not tables:
                raise Refusal("nothing-changed", "these rules are in force already", "o2c rules releases lists them")
            authority = self._authority()
            authority.demand(who, "roll-back", tables, scoped=scoped)
            override = None
            if from_ < soonest:
                reason = sooner.reason if sooner else ""
                _text("override", reason)
                authority.demand(who, "override", tables, scoped=scoped)
                override = Override(who.name, reason.strip(), (f"it takes effect at {from_.isoformat()}, too soon",))
            return tuple(self._put_back(who, ticket, back, from_, override) for back in wanted)

    def _changed_by(self, back: Back, from_: datetime) -> set[str]:
        """Tables that are other ones once this release holds again, now or when another was to take effect."""
        restored = self.store.book(back.release.bundle)
        schedule = Schedule(self.store.releases())
        replaced = {schedule.at(self.now, contract).bundle for contract in back.scope.contracts or (None,)}
        replaced |= {r.bundle for r in self._overruled(back.scope.contracts, from_)}
        return {name for bundle in replaced for name in changed_tables(self.store.book(bundle), restored)}

    def _put_back(self, who: Person, ticket: str, back: Back, from_: datetime, override: Override | None) -> Release:
        people = back.release.approval
        approver = people.approver if people.approver != who.name else people.author
        about = Circumstances(
            released_at=self.now,
            released_by=who.name,
            restores=back.release.n,
            reports=back.release.about.reports,
            override=override,
        )
        approval = Approval(who.name, approver, ticket.strip())
        return self.store.release(back.release.bundle, from_, approval, back.scope, about)

    # All of them

    def _authority(self) -> Authority:
        return Authority(self.store.book(self.store.current(self.now).bundle), self.now.date())

    def _demand_fit(self, book: RuleBook) -> None:
        if why := lacking(self._needs, book):
            raise Refusal("unfit", f"this bundle{why}, which the services ask for", "keep every table and outcome")

    def _soonest(self, action: str, *, scoped: bool) -> datetime:
        return self.now + self._authority().lead(action, scoped=scoped)

    def _base(self, contracts: Sequence[str], at: datetime) -> str:
        """The bundle that would hold at an instant; contracts of one release share it."""
        schedule = Schedule(self.store.releases())
        bundles = {schedule.at(at, contract).bundle for contract in contracts or (None,)}
        if len(bundles) > 1:
            raise Refusal("several-models", "these contracts are decided by different bundles", "propose them apart")
        return bundles.pop()


def received(upload: Upload, base: RuleBook) -> RuleBook:
    """The books that an upload means, as text. BadTable with all that is wrong in them, at the places of the upload."""
    if len(upload.files) > FILES_MOST or sum(map(len, upload.files.values())) > BYTES_MOST:
        raise Refusal("too-large", f"at most {FILES_MOST} files and {BYTES_MOST:,} bytes are taken in")
    with tempfile.TemporaryDirectory(prefix="o2c-proposed-") as name:
        folder = Path(name)
        for path, content in upload.files.items():
            target = folder / _inside(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        try:
            return _read([folder / _inside(path) for path in (upload.single, *upload.more) if path] or [folder], base)
        except BadTable as error:
            there = f"{folder}/"
            raise BadTable(replace(f, where=f.where.removeprefix(there)) for f in error.findings) from error


def _read(paths: Sequence[Path], base: RuleBook) -> RuleBook:
    """As a book of text; what only a workbook's own cells can be named for is looked at before."""
    found = candidates(paths, base) if len(paths) > 1 else candidate(paths[0], base)
    rewritten = {name_of(file) for file in table_files(found.book.files) if not file.endswith(TEXT)}
    try:
        if problems := problems_in_cases(found.book.files, rewritten & set(found.tables)):
            raise BadTable(problems)
        return normalised(found.book, base)
    except BadTable as error:
        raise found.home(error) from error


def uploaded(path: Path, *more: Path) -> Upload:
    """What a person's path means: a folder, or files with their golden cases beside them. OSError where one is gone;
    Refusal where two of them are called alike."""
    if path.is_dir() and not more:
        found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        return Upload({p.relative_to(path).as_posix(): p.read_bytes() for p in found})
    files: dict[str, bytes] = {}
    for each in (path, *more):
        if each.name in files:
            raise Refusal("bad-path", f"{each.name} comes twice", "give the files names of their own")
        files |= {p.name: p.read_bytes() for p in (each, *each.parent.glob(f"{each.stem}.cases.*"))}
    return Upload(files, path.name, tuple(each.name for each in more))


def _inside(path: str) -> PurePosixPath:
    """A path of an upload stays in its folder, whatever it is called."""
    found = PurePosixPath(path)
    if found.is_absolute() or not found.parts or any(p in ("..", ".") or "\0" in p or "\\" in p for p in found.parts):
        raise Refusal("bad-path", f"{path[:80]!r} is no path within a folder of rules")
    return found


def _contracts(names: Sequence[str]) -> tuple[str, ...]:
    found = tuple(sorted({name.strip() for name in names if name.strip()}))
    if len(found) > CONTRACTS_MOST:
        raise Refusal(
            "too-many-contracts", f"{len(found)} contracts, at most {CONTRACTS_MOST}", "propose them in parts"
        )
    if bad := next((name for name in found if len(name) > 200 or not name.isprintable()), None):
        raise Refusal("bad-contract", f"{bad[:80]!r} is no name of a contract")
    return found


def _text(what: str, text: str, *, needed: bool = True) -> None:
    if needed and not text.strip():
        raise Refusal(f"no-{what}", f"the {what} is empty", f"say it with --{what}")
    if len(text) > TEXT_MOST or not text.isprintable():
        raise Refusal(f"bad-{what}", f"a {what} is one line of at most {TEXT_MOST} printable characters")
