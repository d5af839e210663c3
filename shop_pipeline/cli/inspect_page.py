"""The page of `shop inspect`: one section per group of files, plain text where there is no terminal.

Here: what stands where. Not here: the sentences (`sources/recognition/words`, `missing`).
"""

from rich.console import Console
from rich.markup import escape

from ..settings import Shop
from ..sources.recognition.findings import Filled, Recognition, Section
from ..sources.recognition.missing import missing, unread
from ..sources.recognition.words import ColumnRow, column_rows, describe, findings

NAMES_SHOWN = 20
SHORT = 30
"""Characters of an expression that has its example beside it."""


def show(console: Console, found: Recognition, shop: Shop) -> None:
    for section in found.sections:
        _show_section(console, section, shop)
    for problem in found.problems:
        console.print(f"[red]{escape(str(problem))}[/red]", soft_wrap=True)
    if found.passed_over:
        names = ", ".join(found.passed_over[:NAMES_SHOWN])
        console.print(f"Passed over, of no kind that is read: {escape(names)}", soft_wrap=True)


def _show_section(console: Console, section: Section, shop: Shop) -> None:
    names = section.group.files[0].name + (
        f" ... {section.group.files[-1].name}" if len(section.group.files) > 1 else ""
    )
    console.print(f"[bold]{escape(names)}[/bold]", soft_wrap=True)
    console.print(f"  {escape(describe(section))}", soft_wrap=True)
    console.print(f"  {escape(_verdict(section))}", soft_wrap=True)
    for message in section.messages:
        console.print(f"  [red]{escape(message)}[/red]", soft_wrap=True)
    for filled in section.feeds:
        _show_feed(console, section, filled, shop)
    console.print()


def _verdict(section: Section) -> str:
    if section.format:
        fills = f"; fills {', '.join(one.feed for one in section.feeds)}" if section.feeds else ""
        rest = [one for one in section.candidates if one.format != section.format and one.confidence > 0]
        next_best = f"; next: {rest[0].format} {rest[0].confidence:.0%}" if rest else ""
        also = f"; also {section.role}" if section.role else ""
        return f"looks like: {section.format}, confidence {section.confidence:.0%}{fills}{also}{next_best}"
    return f"looks like: {section.role}" if section.role else "not recognised"


def _show_feed(console: Console, section: Section, filled: Filled, shop: Shop) -> None:
    console.print(f"  [bold]feed {filled.feed}[/bold]")
    for row in column_rows(filled):
        for line in _mapping_lines(row):
            console.print(f"    {escape(line)}", soft_wrap=True)
    for line in findings(section, filled, shop):
        console.print(f"  {escape(line)}", soft_wrap=True)
    for line in missing(filled):
        console.print(f"  [dim]{escape(line)}[/dim]", soft_wrap=True)
    if names := unread(section, filled):
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        console.print(f"  not used: {escape(', '.join(names[:NAMES_SHOWN]))}{more}", soft_wrap=True)
    for message in section.own.guess.messages if section.own else ():
        console.print(f"  [yellow]{escape(message)}[/yellow]", soft_wrap=True)


def _mapping_lines(row: ColumnRow) -> list[str]:
    expression = " ".join(row.expression.split())
    example = f"{row.before} -> {row.after}" if row.before else f"-> {row.after}" if row.after else ""
    note = f"  (guess: {row.note})" if row.note else ""
    if len(expression) <= SHORT:
        return [f"{row.column:<13} <- {expression:<{SHORT}} {example}{note}".rstrip()]
    return [f"{row.column:<13} <- {expression}", f"{'':<13}    {example}{note}".rstrip()]
