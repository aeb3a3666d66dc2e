"""Subjects of deadlines: numbers that customers choose themselves never meet."""

from hypothesis import example, given
from hypothesis import strategies as st
from o2c_chassis.subjects import number_in, of_customer

NAME = st.text(st.sampled_from("A/%2F b"), min_size=1, max_size=6)


@given(NAME, NAME, NAME, NAME)
@example("A", "B/K", "A/B", "K")
def test_two_customers_numbers_are_never_one_subject(customer: str, number: str, other: str, others_number: str):
    same = of_customer(customer, number) == of_customer(other, others_number)

    assert same == ((customer, number) == (other, others_number))


@given(NAME, NAME)
def test_the_number_is_read_back(customer: str, number: str):
    assert number_in(of_customer(customer, number), customer) == number


def test_a_subject_armed_before_customers_were_quoted_is_read_too():
    assert number_in("A/B/K", "A/B") == "K"
