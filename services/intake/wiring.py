"""The composition root of intake: a backend in; roles, routes and answers for the other services out."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from services.intake.answering import Answering
from services.intake.api.app import make_app
from services.intake.api.calls import CallMaker
from services.intake.api.reading import Reading
from services.intake.api.visits import Counter
from services.intake.application import Intake
from services.intake.assigning import Assigning
from services.intake.catalogue import Catalogue
from services.intake.contact_book import IntakeContactBook
from services.intake.erasure_list import ErasureList
from services.intake.evidence_desk import EVIDENCE, EvidenceDesk
from services.intake.evidence_kinds import load_kinds
from services.intake.housekeeping import Housekeeping
from services.intake.identifiers import IdentifierHashes
from services.intake.party_book import PARTIES, PartyBook
from services.intake.publishing import publisher
from services.intake.reactions import Reactions
from services.intake.saved_filters import SAVED_FILTERS, SavedFilters
from services.intake.signalling import Signalling
from services.intake.submitting import NUMBERS
from services.intake.views.arrivals import ARRIVALS, Arrivals
from services.intake.views.belonging import BELONGING, Belonging
from services.intake.views.complaint_list import COMPLAINT_LIST, ComplaintList
from services.intake.views.incident_letters import INCIDENT_LETTERS, IncidentLetters
from services.intake.views.likenesses import LIKENESSES, Likenesses
from services.intake.views.promised_dates import PROMISED_DATES, PromisedDates
from services.intake.views.queue_counts import QUEUE_COUNTS
from services.intake.views.remedies import REMEDIES, Remedies
from services.intake.views.search_terms import SEARCH_TERMS, SearchTerms
from services.intake.views.signals import SIGNALS, Signals
from services.intake.views.tasks import TASKS, Tasks
from services.intake.views.turns import TURNS, Turns
from services.intake.views.worklist import WORKLIST, Worklist
from shared.contracts.bodies import load_bodies
from shared.contracts.contact_book import ContactBook
from shared.contracts.topics import COMPLAINT_COMMANDS, COMPLAINT_EVENTS, DEADLINE_EVENTS
from shared.eventstore.keys import KEYS, KeyRing
from shared.eventstore.purpose_keys import PURPOSE_KEYS, PurposeKey
from shared.runtime.backends import Backend
from shared.runtime.process import Role
from shared.runtime.roles import MILLISECOND, SCHEMAS, consumer_role, relay_role, turn, writer_role

DESK = (
    PURPOSE_KEYS,
    WORKLIST,
    QUEUE_COUNTS,
    SEARCH_TERMS,
    TURNS,
    SAVED_FILTERS,
    INCIDENT_LETTERS,
    ARRIVALS,
    REMEDIES,
    LIKENESSES,
    SIGNALS,
    BELONGING,
)
TABLES = (*SCHEMAS, KEYS, NUMBERS, PARTIES, EVIDENCE, COMPLAINT_LIST, PROMISED_DATES, TASKS, *DESK)


@dataclass(frozen=True)
class IntakeService:
    application: Intake
    dates: PromisedDates
    complaints: ComplaintList
    tasks: Tasks
    worklist: Worklist
    search_terms: SearchTerms
    remedies: Remedies
    turns: Turns
    letters: IncidentLetters
    likenesses: Likenesses
    signals: Signals
    belonging: Belonging
    contact_book: ContactBook
    erasures: ErasureList
    arrivals: Arrivals
    api: FastAPI
    roles: tuple[Role, ...]


def wire(backend: Backend) -> IntakeService:
    store = backend.store("intake")
    store.prepare(*TABLES)
    keys = KeyRing(store, backend.master_key)
    desk = EvidenceDesk(store, backend.master_key, keys, backend.evidence)
    parties = PartyBook(store, backend.master_key)
    dates, complaints, tasks, catalogue = PromisedDates(store), ComplaintList(store), Tasks(store), _catalogue(backend)
    hashes = IdentifierHashes(
        PurposeKey.of(store, backend.master_key, "search"),
        {name: tenant.jurisdiction[:2] for name, tenant in backend.tenants.items()},
    )
    worklist, terms, turns = Worklist(store, dates), SearchTerms(store, hashes), Turns(store)
    remedies = Remedies(store, PurposeKey.of(store, backend.master_key, "payment-reference"))
    letters, arrivals = IncidentLetters(store), Arrivals(store)
    signals, belonging = Signals(store), Belonging(store)
    zones = {name: ZoneInfo(tenant.time_zone) for name, tenant in backend.tenants.items()}
    likenesses = Likenesses(store, PurposeKey.of(store, backend.master_key, "likeness"), zones)
    intake = Intake(
        store,
        keys,
        catalogue=catalogue,
        tenants=backend.tenants,
        parties=parties,
        desk=desk,
        terms=dates,
        payments=remedies,
        likenesses=likenesses,
        projections=(complaints, tasks, worklist, terms, turns, remedies, letters, likenesses, signals, belonging),
        revisions_of=dates.revisions,
    )
    counter = Counter(
        intake=intake,
        reading=Reading(intake, dates, catalogue, belonging),
        complaints=complaints,
        dates=dates,
        tasks=tasks,
        worklist=worklist,
        hashes=hashes,
        saved=SavedFilters(store, PurposeKey.of(store, backend.master_key, "saved-filters")),
        remedies=remedies,
        letters=letters,
        signals=signals,
        most_grouped=backend.settings.incident_most_grouped,
        desk=desk,
        catalogue=catalogue,
        calls=CallMaker(key=backend.master_key.derive("idempotency"), parties=parties, now=backend.clock),
        kinds=load_kinds(),
        unattached_hours=backend.settings.evidence_unattached_hours,
        cursor_key=backend.master_key.derive("cursor"),
        now=backend.clock,
    )
    erasures = ErasureList(backend.settings.erasures_file or backend.settings.data_dir / "erasures.jsonl", store)
    return IntakeService(
        application=intake,
        dates=dates,
        complaints=complaints,
        tasks=tasks,
        worklist=worklist,
        search_terms=terms,
        remedies=remedies,
        turns=turns,
        letters=letters,
        likenesses=likenesses,
        signals=signals,
        belonging=belonging,
        contact_book=IntakeContactBook(intake, desk, dates),
        erasures=erasures,
        arrivals=arrivals,
        api=make_app(counter, backend.verifier, body_max_bytes=backend.settings.request_body_max_bytes),
        roles=(
            *_roles(backend, intake, dates, complaints, worklist, turns),
            *_incident_roles(backend, intake, letters, arrivals),
            _housekeeping(backend, intake, erasures),
        ),
    )


def _catalogue(backend: Backend) -> Catalogue:
    """The bodies of the operator stand beside its policies, which name them."""
    return Catalogue(bodies=load_bodies(backend.settings.policies_dir))


def _roles(
    backend: Backend, intake: Intake, dates: PromisedDates, complaints: ComplaintList, worklist: Worklist, turns: Turns
) -> tuple[Role, ...]:
    reactions = Reactions(intake, dates, worklist).table()
    assigning = Assigning(intake, worklist, turns, backend.clock)
    return (
        writer_role(intake),
        relay_role(intake, backend, publisher(intake.name, complaints)),
        consumer_role(intake, backend, reactions, name="commands", topics=(COMPLAINT_COMMANDS,)),
        consumer_role(intake, backend, assigning.table(), name="assigning", topics=(COMPLAINT_EVENTS,)),
        consumer_role(intake, backend, reactions, name="views", topics=(DEADLINE_EVENTS,)),
    )


def _incident_roles(backend: Backend, intake: Intake, letters: IncidentLetters, arrivals: Arrivals) -> tuple[Role, ...]:
    settings = backend.settings
    poll_seconds = settings.relay_poll_ms * MILLISECOND
    answering = Answering(
        intake,
        letters,
        turn(intake, backend, "answering"),
        per_second=settings.incident_answers_per_second,
        poll_seconds=poll_seconds,
        now=backend.clock,
    )
    lease = turn(intake, backend, "signals")
    signalling = Signalling(intake, arrivals, backend.tenants, lease, poll_seconds=poll_seconds)
    return (
        Role("intake-answering", answering.run, is_well=lambda: answering.is_well),
        Role("intake-signalling", signalling.run),
    )


def _housekeeping(backend: Backend, intake: Intake, erasures: ErasureList) -> Role:
    unattached_for = timedelta(hours=backend.settings.evidence_unattached_hours)
    return Role("intake-housekeeping", Housekeeping(intake, unattached_for, erasures).run)
