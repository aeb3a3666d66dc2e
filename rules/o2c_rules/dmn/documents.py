"""XML to elements, for files that anybody may have written: no entities, no DTD, nothing fetched or included."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml.etree import _Element

from o2c_rules.source import DMN_BYTES_MOST, BadTable, Findings, decoded

Element = _Element

NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
ELEMENTS_MOST = 400_000
_INCLUDED = "{http://www.w3.org/2001/XInclude}"
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)\b[^<>]{0,60}")


class BadModel(BadTable):
    """A DMN file that cannot be used; all that is wrong with it in one go."""


def read_bytes(content: bytes, findings: Findings) -> Element | None:
    """The `definitions` of a DMN file; None, with findings, when it is none or not safe to read."""
    text = decoded(content, findings, DMN_BYTES_MOST)
    return None if text is None else read_text(text, findings)


def read_text(text: str, findings: Findings) -> Element | None:
    """As read_bytes, of a text."""
    if declared := _DECLARATION.search(text):
        findings.add(
            text[: declared.start()].count("\n") + 1,
            f"{declared[0].strip()}: entities and document types are not read",
            "take the <!…> declaration away and write the text itself",
        )
        return None
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.lstrip().encode(), parser)
    except etree.XMLSyntaxError as error:
        findings.add(error.lineno or 1, f"no XML: {error.msg}", "save the file again from the program that made it")
        return None
    return root if _is_plain(root, findings) else None


def _is_plain(root: Element, findings: Findings) -> bool:
    before = len(findings.found)
    space, _, name = str(root.tag).rpartition("}")
    if name != "definitions" or space[1:] not in NAMESPACES:
        findings.add(
            line_of(root), f"<{name}> of {space[1:] or 'no namespace'} is no DMN model", "DMN 1.1 to 1.5: <definitions>"
        )
        return False
    for count, element in enumerate(root.iter("*")):
        if count > ELEMENTS_MOST:
            findings.add(line_of(element), f"more than {ELEMENTS_MOST:,} elements", "split the model")
            break
        if str(element.tag).startswith(_INCLUDED):
            findings.add(line_of(element), "XInclude is not read", "put what it includes into this file")
    return len(findings.found) == before


def line_of(element: Element) -> int:
    """The line on which an element begins."""
    line: Any = element.sourceline
    return int(line or 1)


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: Element, *names: str) -> Iterator[Element]:
    """The DMN elements directly inside an element that have one of these names, or all."""
    for child in element.iterchildren("*"):
        space, _, name = str(child.tag).rpartition("}")
        if space[1:] in NAMESPACES and (not names or name in names):
            yield child


def child(element: Element, *names: str) -> Element | None:
    """The first of them."""
    return next(children(element, *names), None)


def text_of(element: Element | None) -> str:
    """What stands in the `text` of an element, without the spaces around it; nothing when there is none."""
    inner = None if element is None else child(element, "text")
    return "" if inner is None else "".join(map(str, inner.itertext())).strip()


def text_line(element: Element) -> int:
    """The line of an element's `text`."""
    inner = child(element, "text")
    return line_of(element if inner is None else inner)


def attribute(element: Element, name: str) -> str:
    """An attribute without the spaces around it; nothing when there is none."""
    return " ".join(str(element.get(name, "")).split())
