"""What a store keeps: tables as text, whatever program wrote them, so that releases are compared line by line."""

from o2c_rules.formats import Document, load, lost, save, save_cases
from o2c_rules.rulebook import CASES, RuleBook, table_files

TEXT = (".yaml", ".csv")


def normalised(book: RuleBook, base: RuleBook) -> RuleBook:
    """The same book with workbooks and DMN written as the files whose place they take; what says the same stays as it
    was. BadTable where one cannot be read."""
    files = dict(book.files)
    for name in [f for f in table_files(files) if not f.endswith(TEXT)]:
        stem = name.rpartition(".")[0]
        document = load(name, files.pop(name), files.pop(stem + CASES, None))
        target = next((stem + ending for ending in TEXT if stem + ending in base.files), stem + TEXT[0])
        files |= _same(document, target, base) or _written(document, target)
    return RuleBook(files) if files.keys() != book.files.keys() else book


def _same(document: Document, target: str, base: RuleBook) -> dict[str, bytes]:
    """The files of the base, where they say nothing else; comments and the order of writing are theirs."""
    if target not in base.files:
        return {}
    cases = _cases_of(target)
    held = load(target, base.files[target], base.files.get(cases))
    if lost(held, document) or lost(document, held):
        return {}
    return {name: base.files[name] for name in (target, cases) if name in base.files}


def _written(document: Document, target: str) -> dict[str, bytes]:
    cases = save_cases(document, target)
    return {target: save(document, target)} | ({_cases_of(target): cases} if cases is not None else {})


def _cases_of(target: str) -> str:
    return target.rpartition(".")[0] + CASES
