"""The workspace holds together: every dependency pinned with hashes, every member installed by make."""

import re
import subprocess
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/pyproject.toml")) + sorted(
    path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("services/*/pyproject.toml")
)


def _pins() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize("member", MEMBERS)
def test_everything_a_member_needs_is_pinned_within_its_bounds(member: str) -> None:
    needed = tomllib.loads((ROOT / member / "pyproject.toml").read_text())["project"]["dependencies"]
    outside = [each for each in map(Requirement, needed) if not each.name.startswith("o2c-")]

    pins = _pins()

    for requirement in outside:
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_every_pin_has_hashes_and_none_an_address() -> None:
    text = (ROOT / "constraints.txt").read_text()

    pins = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]

    assert len(pins) == len(_pins())
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text
    assert "--index" not in text


def test_make_installs_every_member_of_the_workspace() -> None:
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]["workspace"]["members"]
    made = re.search(r"^MEMBERS := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert made is not None
    assert sorted(made[1].split()) == sorted(MEMBERS)
    assert sorted(path.relative_to(ROOT).as_posix() for each in workspace for path in ROOT.glob(each)) == sorted(
        MEMBERS
    )


def test_the_five_services_are_found_by_their_entry_points() -> None:
    found = {each.name: each.value for each in entry_points(group="o2c.services")}

    services = ["orders", "billing", "cash", "collections", "disputes"]
    assert found == {service: f"o2c_{service}.app:service" for service in services}


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()

    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    for target in re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE):
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE), target
