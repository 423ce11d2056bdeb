"""libcst's parser, kept from taking the process down.

The parser is native code that recurses once or more for every level of nesting. Where the stack ends, the process ends
with it, without an exception and without a word about which file it was. A thousand-term expression, which is real
code, needs a megabyte: all of the stack that Windows gives a program or that many systems give a thread. So files are
parsed in a thread whose stack is large enough for everything that the gate lets through. The thread costs a tenth of
a millisecond; its stack is address space until it is used.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import libcst as cst

from connlint.source import SourceError, for_libcst

if TYPE_CHECKING:
    from collections.abc import Callable

    from connlint.source import Source

_STACK = 64 * 2**20

# The stack's size can only be set for all threads that start from then on.
_SETTING = threading.Lock()


def parse(source: Source) -> cst.Module:
    """Return the tree of `source`. Raises `SourceError` if libcst cannot parse it."""
    results: list[cst.Module] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(cst.parse_module(for_libcst(source.text), cst.PartialParserConfig(encoding=source.encoding)))
        except BaseException as error:  # noqa: BLE001 - a panic of the native parser is no Exception
            failures.append(error)

    if not _run_with_stack(run):
        run()
    if results:
        return results[0]
    (error,) = failures
    if isinstance(error, cst.ParserSyntaxError):
        raise SourceError(f"libcst cannot parse it: {error.message} at line {error.raw_line}") from error
    if isinstance(error, (RecursionError, MemoryError)):
        raise error
    raise SourceError(f"libcst cannot parse it: {type(error).__name__}") from error


def _run_with_stack(run: Callable[[], None]) -> bool:
    """Run `run` in a thread with a large stack; False if no such thread can be had."""
    thread = threading.Thread(target=run, name="connlint-parser", daemon=True)
    with _SETTING:
        try:
            before = threading.stack_size(_STACK)
        except (RuntimeError, ValueError):
            return False
        try:
            thread.start()
        except RuntimeError:
            return False
        finally:
            threading.stack_size(before)
    thread.join()
    return True
