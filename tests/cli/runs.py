"""Runs as they stand on the disk, and what is compared of two of them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

SCRIPT = Path(sys.executable).with_name("graphnet")


def settings_of(run):
    """Contents of ``settings.json``."""
    return json.loads(Path(run, "settings.json").read_text())


def rows_of(run):
    """The rows of ``metrics.jsonl`` without the time that they took."""
    rows = [json.loads(line) for line in Path(run, "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def network_of(run):
    """The bytes of the trained network."""
    return Path(run, "network.safetensors").read_bytes()


def names_in(folder):
    """Names of the files in a folder."""
    return sorted(path.name for path in Path(folder).iterdir())


def besides_epochs(err):
    """Return the stderr of a command without the lines about epochs, and those at the end about files and commands."""
    lines = err.splitlines(keepends=True)
    usual = r"epoch \d+/\d+  loss .* s\n|wrote .*: checkpoints/, .*settings\.json.*\n|next:\n|  graphnet .*\n"
    return "".join(line for line in lines if not re.fullmatch(usual, line))


def assert_same_run(ours, theirs):
    """Two runs came to the same, to the last bit."""
    assert rows_of(ours) == rows_of(theirs)
    assert network_of(ours) == network_of(theirs)


def stop_when(condition, number, *arguments):
    """Call a command in a process, send it a signal once the condition holds; return (code, stdout, stderr)."""
    command = [SCRIPT, *map(str, arguments)]
    # a shell that started the tests in the background has them ignore the signal, and children inherit that
    heeding = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **heeding) as process:
        try:
            end = time.monotonic() + 60
            while not condition():
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < end, "it never came"
                time.sleep(0.01)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, out, err
