"""Every failure in a row is brought out by an experiment, or names the source that it has.

A row of the standard library stands for itself. A client library has hundreds of calls that are made of one: of those
rows that say the same, it is enough if one is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from connlint import knowledge
from connlint.knowledge import protocols, sockets, stdlib, streams, web
from tests.faults import experiments

if TYPE_CHECKING:
    from connlint.knowledge.model import Failure, Library, Operation
    from tests.faults.experiments import Experiment

STANDARD = (stdlib.LIBRARY, sockets.LIBRARY, streams.LIBRARY, web.LIBRARY, protocols.LIBRARY)
CLIENTS = [library for library in knowledge.libraries() if library not in STANDARD]
ROWS = [row for library in STANDARD for row in library.operations]
EVERY_ROW = [row for library in knowledge.libraries() for row in library.operations]
DECLARED = experiments.declared()
EXPERIMENTS = [each for found in DECLARED.values() for each in found]


def row_of(experiment: Experiment) -> str | None:
    """Return the name of the row that `experiment` is about, which may stand for all methods of a class."""
    row = knowledge.operation(experiment.operation)
    return row and row.name


def proves(experiment: Experiment, row: Operation, failure: Failure) -> bool:
    return (
        experiment.scenario == failure.scenario
        and experiment.raises == failure.raises
        and failure in experiments.foretold(row, experiment.given)
    )


def unproven(row: Operation) -> list[str]:
    mine = [each for each in EXPERIMENTS if row_of(each) == row.name]
    return [
        f"{failure.scenario}: {failure.raises}"
        for failure in row.possible
        if failure.source is None and not any(proves(each, row, failure) for each in mine)
    ]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_every_failure_is_brought_out_or_cited(row: Operation) -> None:
    assert unproven(row) == []


def unproven_of(library: Library) -> set[str]:
    """Return what the rows of a client library say and no experiment brings out, of theirs or of a row that says the same."""
    proven = {
        (row.failures, each.scenario, each.raises)
        for each in EXPERIMENTS
        if (row := knowledge.operation(each.operation)) is not None
    }
    return {
        f"{row.name}: {failure.scenario}: {failure.raises}"
        for row in library.operations
        for failure in row.possible
        if failure.source is None and (row.failures, failure.scenario, failure.raises) not in proven
    }


@pytest.mark.parametrize("library", [pytest.param(library, id=library.name) for library in CLIENTS])
def test_every_failure_of_a_client_is_brought_out_or_cited(library: Library) -> None:
    if experiments.is_missing(library):
        pytest.skip("the library is not installed")
    assert unproven_of(library) == set()


def test_every_row_names_its_experiments() -> None:
    named = {row.name: {source for source in row.source.split() if not source.startswith("https://")} for row in ROWS}
    about = {test: {row_of(each) for each in found} for test, found in DECLARED.items()}
    meant = {row.name: {test for test, rows in about.items() if row.name in rows} for row in ROWS}
    assert named == meant


def test_every_experiment_has_a_row() -> None:
    assert {each.operation for each in EXPERIMENTS if row_of(each) is None} == set()


def test_what_is_cited_is_an_address() -> None:
    cited = {failure.source for row in EVERY_ROW for failure in row.possible if failure.source is not None}
    assert {source for source in cited if not source.startswith("https://")} == set()


def test_what_comes_on_other_systems_only_is_seldom() -> None:
    """No experiment here can show it, and no handler is narrowed to it."""
    assert {row.name for row in ROWS for failure in row.failures if failure.platforms} == set()
    assert {each.source for row in ROWS for each in row.seldom if each.platforms and each.source is None} == set()
