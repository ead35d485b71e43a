"""The schedule of a Program as text, in the names of its nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..language.arrays import Array
from ..language.table import GraphTable
from .program import Program

MOST_NAMES = 6


def describe_program(table: GraphTable, program: Program, dtype: str) -> str:
    """Stages, levels and blocks, one line each, as they are computed."""
    lines = [
        f"{_count(table.n_nodes, 'node')}: {program.n_inputs} in, {len(program.outputs)} out; "
        f"{_count(table.n_edges, 'synapse')}; {_count(program.n_parameters, 'parameter')}, {dtype}; "
        f"a state holds {_count(program.n_history, 'past value')}"
    ]
    for number, stage in enumerate(program.stages, 1):
        levels = program.levels[slice(*stage["level"])]
        how = "scanned step by step" if stage["scanned"] else "all steps at once"
        rows = np.arange(*stage["row"])
        lines.append(
            f"stage {number}: {how}, {_count(len(rows), 'neuron')}"
            + (f" in {_count(len(levels), 'level')}" if stage["scanned"] else f" {_names(table, program, rows)}")
        )
        lines += _blocks(table, program, stage["early"], "  before the scan: " if stage["scanned"] else "  ")
        for place, level in enumerate(levels, 1):
            indent = "  "
            if stage["scanned"]:
                lines.append(f"  level {place}: {_names(table, program, np.arange(*level['row']))}")
                indent = "    "
            lines += _blocks(table, program, level["late"], indent)
            functions = [
                f"{program.activations[segment['activation']]} of {_names(table, program, np.arange(*segment['row']))}"
                for segment in program.segments[slice(*level["segment"])]
            ]
            lines.append(f"{indent}then {', '.join(functions)}")
    return "\n".join(lines)


def _blocks(table: GraphTable, program: Program, pair: Array, indent: str) -> list[str]:
    lines = []
    for block in program.blocks[slice(*pair)]:
        targets = program.targets[slice(*block["target"])]
        sources = np.unique(program.sources[slice(*block["source"])])
        n_entries = int(block["entry"][1] - block["entry"][0])
        kind, gates = "dense" if block["dense"] else "sparse", ""
        if block["gate_delay"] >= 0:
            gating = np.unique(program.gates[slice(*block["source"])])
            gates = f", gated by {_names(table, program, gating)} of delay {block['gate_delay']}"
        lines.append(
            f"{indent}{kind}, {_count(n_entries, 'synapse')} of delay {block['delay']}{gates}: "
            f"{_names(table, program, sources)} -> {_names(table, program, targets)}"
        )
    return lines


def _names(table: GraphTable, program: Program, rows: Sequence[int] | Array) -> str:
    nodes = [table.nodes[program.order[row]] for row in rows[:MOST_NAMES]]
    shown = ", ".join(map(str, nodes))
    return shown if len(rows) <= MOST_NAMES else f"{shown}, ... ({len(rows)} in all)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
