"""Every test of disputes ends with the invariant that each open case is cared for."""

from collections.abc import Iterator

import pytest

from tests.disputes.desk import Desk, assert_every_open_case_is_cared_for, new_desk


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = new_desk()
    yield desk
    assert_every_open_case_is_cared_for(desk.rig)
