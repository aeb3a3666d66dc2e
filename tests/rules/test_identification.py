"""Who paid: exact, and where two answers are possible none is given."""

from o2c_rules.identification import How, KnownAccount, Payer, identify

ACCOUNTS = [
    KnownAccount("DE89 3704 0044 0532 0130 00", "C1"),
    KnownAccount("FR7630006000011234567890189", "C2"),
    KnownAccount("fr76-3000-6000-0112-3456-7890-189", "C3"),
]


def who(customer_id: str | None = None, account: str | None = None) -> Payer:
    return identify(customer_id=customer_id, account=account, customers=["C1", "C2"], accounts=ACCOUNTS)


def test_a_named_customer_stands_whatever_the_account() -> None:
    assert who("C2", "DE89370400440532013000") == Payer("C2", How.CUSTOMER)


def test_an_account_is_compared_without_its_groups() -> None:
    assert who(account="de89370400440532013000") == Payer("C1", How.ACCOUNT)


def test_an_account_of_two_customers_is_never_a_pick() -> None:
    assert who(account="FR7630006000011234567890189") == Payer(None, How.AMBIGUOUS, ("C2", "C3"))


def test_nearly_the_same_account_is_another_account() -> None:
    assert who(account="DE89370400440532013001") == Payer(None, How.UNKNOWN)


def test_a_customer_nobody_knows_is_no_reason_to_guess() -> None:
    assert who("C9", "DE89370400440532013000") == Payer(None, How.UNKNOWN, ("C1",))


def test_nothing_named_is_nobody_known() -> None:
    assert who() == who(account="") == who(account=" - ") == Payer(None, How.UNKNOWN)


def test_the_same_account_twice_for_one_customer_is_one_answer() -> None:
    twice = [KnownAccount("X1", "C1"), KnownAccount("X 1", "C1")]

    assert identify(customer_id=None, account="x1", customers=[], accounts=twice) == Payer("C1", How.ACCOUNT)
