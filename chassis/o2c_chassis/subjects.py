"""Subjects of deadlines that belong to a customer: numbers are the customer's own, subjects are the service's."""


def of_customer(customer_id: str, number: str) -> str:
    """`C1/K1`: a number with the customer whose it is; different pairs never give one subject."""
    return f"{_quoted(customer_id)}/{number}"


def number_in(subject: str, customer_id: str) -> str:
    """The number that `of_customer` was given; also of a subject armed before customers were quoted."""
    quoted = f"{_quoted(customer_id)}/"
    return subject.removeprefix(quoted if subject.startswith(quoted) else f"{customer_id}/")


def _quoted(customer_id: str) -> str:
    return customer_id.replace("%", "%25").replace("/", "%2F")
