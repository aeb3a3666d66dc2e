"""Subjects of deadlines that belong to a customer: numbers are the customer's own, subjects are the service's."""


def of_customer(customer_id: str, number: str) -> str:
    """`C1/K1`: a number with the customer whose it is; different pairs never give one subject."""
    return f"{segment(customer_id)}/{number}"


def number_in(subject: str, customer_id: str) -> str:
    """The number that `of_customer` was given; also of a subject armed before customers were quoted."""
    quoted = f"{segment(customer_id)}/"
    return subject.removeprefix(quoted if subject.startswith(quoted) else f"{customer_id}/")


def segment(name: str) -> str:
    """A name as one segment of a path; different names give different ones."""
    return name.replace("%", "%25").replace("/", "%2F")
