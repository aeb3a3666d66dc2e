"""The sample company: who buys from it, and how each of them behaves. The same seed and day give the same company."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from o2c_contracts.event import Event
from o2c_contracts.master import ContractLine, ContractProposed, CreditLimitSet, CustomerRegistered, Instructions
from o2c_contracts.reference import ExchangeRatePublished


@dataclass(frozen=True, slots=True)
class Habit:
    """How a customer pays: so many days after the due date, and what else it does."""

    lag_min: int
    lag_max: int
    reference: bool = True
    short: bool = False
    """Takes bank charges off."""


PROMPT, USUAL, SLOW, LATE = Habit(-6, 0), Habit(-1, 4), Habit(4, 16), Habit(14, 44)
BREAKING = Habit(36, 44)
SILENT, CLIPPING = Habit(-2, 3, reference=False), Habit(-1, 4, short=True)


@dataclass(frozen=True, slots=True)
class Buyer:
    """One customer of the sample company."""

    customer_id: str
    name: str
    country: str
    language: str
    entity: str
    currency: str
    habit: Habit
    limit_minor: int | None
    """None: outside credit management."""
    order_minor: int
    """What an order usually comes to, before tax."""
    orders_a_month: float
    root_id: str | None = None
    segment: str = "standard"
    monthly: Decimal | None = None
    """Price of a service charged every month."""
    role: str = ""
    """Its part in the story, where it has one."""

    @property
    def contract_id(self) -> str:
        return f"K-{self.customer_id}"

    @property
    def account(self) -> str:
        return f"ACCOUNT-{self.customer_id}"


HELD, PROMISER, DISPUTER = "held", "promiser", "disputer"
_PLACES = {
    "DE": ("en", ("Lindenhof", "Eichberg", "Rheintal", "Havelland", "Isarwerk", "Moorkamp")),
    "FR": ("fr", ("Atelier Brume", "Verger Clair", "Papeterie Dumas", "Maison Ardoise", "Rive Bleue")),
    "ES": ("es", ("Talleres Olmo", "Bodega Sauce", "Mercado Alto", "Puerto Viejo")),
    "IT": ("it", ("Officina Rossa", "Cartiera Tosca", "Bottega Lume", "Molino Nuovo")),
    "RO": ("ro", ("Atelier Carpat", "Fabrica Dunav", "Moara Veche", "Brutaria Alba")),
    "GB": ("en", ("Harrow Mill", "Oak & Sons", "Penrith Tools", "Wharf Lane", "Kettle Works", "Stonegate")),
}
_FORMS = {"DE": "GmbH", "FR": "SARL", "ES": "S.L.", "IT": "S.r.l.", "RO": "S.R.L.", "GB": "Ltd"}


def buyers(seed: int) -> list[Buyer]:
    """Three with a part in the story, two families of three, and the rest of about forty."""
    random = Random(seed)
    found = [
        Buyer("C01", "Alpina Sport GmbH", "DE", "en", "DE01", "EUR", SLOW, 30_000_00, 14_000_00, 2.2, role=HELD),
        Buyer(
            "C02",
            "Librairie Garance SARL",
            "FR",
            "fr",
            "DE01",
            "EUR",
            BREAKING,
            80_000_00,
            4_200_00,
            1.2,
            role=PROMISER,
        ),
        Buyer("C03", "Thornbury Paper Ltd", "GB", "en", "UK01", "GBP", USUAL, 90_000_00, 6_300_00, 1.6, role=DISPUTER),
    ]
    names = [(country, name) for country, (_, names) in _PLACES.items() for name in names]
    random.shuffle(names)
    places = iter(names)
    found += _family(4, "Nordlicht Gruppe", "DE", random)
    found += _family(7, "Pennine Holdings", "GB", random)
    for n in range(10, 41):
        country, name = next(places, (random.choice(list(_PLACES)), f"Handel {n}"))
        found.append(_ordinary(n, country, name, random))
    return found


def _ordinary(n: int, country: str, name: str, random: Random) -> Buyer:
    entity = "UK01" if country == "GB" else "DE01"
    currency = "USD" if n % 6 == 0 else "GBP" if entity == "UK01" else "EUR"
    habit = random.choices((PROMPT, USUAL, SLOW, LATE, SILENT, CLIPPING), (4, 10, 6, 3, 3, 2))[0]
    return Buyer(
        customer_id=f"C{n:02d}",
        name=f"{name} {_FORMS[country]}",
        country=country,
        language=_PLACES[country][0],
        entity=entity,
        currency=currency,
        habit=habit,
        limit_minor=random.choice((None, 40_000_00, 60_000_00, 100_000_00, 250_000_00)),
        order_minor=random.randrange(400_00, 9_000_00, 50_00),
        orders_a_month=random.choice((1.0, 1.6, 2.4)),
        segment=random.choice(("standard", "standard", "key")),
        monthly=Decimal(random.randrange(90, 900, 10)) if n % 4 == 0 else None,
    )


def _family(first: int, name: str, country: str, random: Random) -> Iterator[Buyer]:
    """A root that owns the limit and two members that share it."""
    root = f"C{first:02d}"
    entity, currency = ("UK01", "GBP") if country == "GB" else ("DE01", "EUR")
    for n in range(3):
        yield Buyer(
            customer_id=f"C{first + n:02d}",
            name=name if n == 0 else f"{name} {('Nord', 'Süd')[n - 1]}",
            country=country,
            language="en",
            entity=entity,
            currency=currency,
            habit=USUAL,
            limit_minor=150_000_00 if n == 0 else None,
            order_minor=random.randrange(3_000_00, 9_000_00, 50_00),
            orders_a_month=1.6,
            root_id=None if n == 0 else root,
            segment="key",
        )


def registered(found: list[Buyer], day: date, random: Random) -> Iterator[Event]:
    """What master data, credit and contract systems say on the first day."""
    yield from rates(day, random)
    for b in found:
        yield CustomerRegistered(
            customer_id=b.customer_id,
            name=b.name,
            country=b.country,
            language=b.language,
            email=f"accounts@{b.customer_id.lower()}.example",
            tax_id=f"{b.country}{100000000 + int(b.customer_id[1:])}",
            root_id=b.root_id,
            segment=b.segment,
            accounts=(b.account,),
            instructions=Instructions(purchase_order_needed=b.segment == "key"),
        )
        if b.root_id is None:
            yield CreditLimitSet(
                customer_id=b.customer_id,
                state="none" if b.limit_minor is None else "amount",
                limit_minor=b.limit_minor,
                currency=None if b.limit_minor is None else b.currency,
            )
        yield contract(b, day)


def contract(b: Buyer, day: date) -> ContractProposed:
    """Goods on thirty days; for some a service charged every month."""
    line = ContractLine(
        line_id="service",
        product="service",
        description="Support service",
        quantity=Decimal(1),
        unit_price=b.monthly or Decimal(0),
        starts_on=day,
    )
    return ContractProposed(
        customer_id=b.customer_id,
        legal_entity=b.entity,
        currency=b.currency,
        contract_id=b.contract_id,
        kind="framework",
        starts_on=day,
        terms_days=30,
        attributes={"signatory": b.name, "renewal": "yearly", "notice_days": "90", "price_book": "standard"},
        lines=(line,) if b.monthly else (),
    )


def rates(day: date, random: Random) -> Iterator[Event]:
    """Exchange rates among the three currencies, both ways."""
    for base, quote, usual in (("EUR", "USD", 1.10), ("GBP", "USD", 1.28), ("GBP", "EUR", 1.16)):
        rate = Decimal(round(usual * random.uniform(0.97, 1.03), 4)).quantize(Decimal("0.0001"))
        yield ExchangeRatePublished(base=base, quote=quote, rate=rate, valid_on=day)
        back = (1 / rate).quantize(Decimal("0.000001"))
        yield ExchangeRatePublished(base=quote, quote=base, rate=back, valid_on=day)
