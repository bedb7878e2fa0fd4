"""The commands, as one table, from which LSP's list, VS Code's palette and Neovim's list come."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """``id`` is what the protocol carries. ``palette``: it makes sense without arguments;
    ``client``: the editor's side does it by itself."""

    id: str
    title: str
    description: str
    palette: bool = True
    client: bool = False


SCAN = Command("understudy.scanWorkspace", "Scan Workspace", "Analyse every file of the workspace.")
STATUS = Command(
    "understudy.showStatus", "Show Status", "Tell what each tool found, failed at and cost."
)
TRUST = Command(
    "understudy.trust",
    "Trust This Workspace",
    "Let programs run that the workspace brings along.",
)
UNTRUST = Command(
    "understudy.untrust",
    "Do Not Trust This Workspace",
    "Run nothing that the workspace brings along.",
)
DEBUG_INFO = Command(
    "understudy.debugInfo",
    "Show Debug Information",
    "What a problem report needs: versions and states, no file of yours.",
)
IGNORE_RULES = Command(
    "understudy.ignoreRules",
    "Ignore Rules in This Project",
    "Add to rules.ignore in .understudy/config.yaml. Arguments: a file's URI, a list of rules.",
    palette=False,
)
RESTART = Command(
    "understudy.restart", "Restart Server", "End the server and start it anew.", client=True
)
OUTPUT = Command("understudy.showOutput", "Show Output", "Show the server's log.", client=True)
REPORT = Command(
    "understudy.reportProblem",
    "Report a Problem",
    "Open a page with what a problem report needs.",
    client=True,
)

COMMANDS = (SCAN, STATUS, TRUST, UNTRUST, DEBUG_INFO, IGNORE_RULES, RESTART, OUTPUT, REPORT)
