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
RUN_TASK = Command(
    "understudy.runTask",
    "Run Task…",
    "Run a task. Arguments: its name, its parameters, the folder; asks for what is not given.",
)
PARAMETERS = Command(
    "understudy.taskParameters",
    "Parameters of Task",
    "What can be given to a task. Arguments: its name and the folder.",
    palette=False,
)
RUN_TESTS = Command(
    "understudy.runTests",
    "Run Tests",
    "Run the tests: all, or those of files, ids, failed, changed. Argument: the parameters.",
)
RUN_AGAIN = Command("understudy.runAgain", "Run Last Task Again", "Run what was run last.")
CANCEL_TASK = Command(
    "understudy.cancelTask",
    "Cancel Task…",
    "Cancel a job that waits or runs. Arguments: its folder and its id; asks when not given.",
)
TASKS = Command("understudy.showTasks", "Show Tasks", "List the tasks, the queue and the history.")
TASK_OUTPUT = Command(
    "understudy.taskOutput",
    "Show Output of Task",
    "What a job printed. Arguments: its folder and its id.",
    palette=False,
)
TRY = Command(
    "understudy.runInSandbox",
    "Run in Sandbox…",
    "Try a command: what it would change is shown, and nothing is changed. Arguments: the command "
    "in one line, and the folder where several are open.",
)
CHANGES = Command(
    "understudy.showChanges",
    "Show Changes of Sandbox",
    "What the command that was tried last would change, as a diff.",
)
APPLY = Command(
    "understudy.applyChanges",
    "Apply Changes of Sandbox",
    "Make the changes of the command that was tried last, after a look at them.",
)
UNDO = Command(
    "understudy.undoLast",
    "Undo Last Automation",
    "Take back what Understudy wrote into files last, after a question.",
)
CREATE_AUTOMATION = Command(
    "understudy.createAutomation",
    "Create Automation…",
    "Accept one that is offered: its script is written into the workspace. Arguments: the folder "
    "and its name.",
)
RUN_AUTOMATION = Command(
    "understudy.runAutomation",
    "Run Automation…",
    "Run an automation in the sandbox, show what it would change, and make it so. Arguments: the "
    "folder, its name, its parameters; asks for what is not given.",
)
PREVIEW_AUTOMATION = Command(
    "understudy.previewAutomation",
    "Preview Automation…",
    "Show what an automation would change, as a diff. Arguments: as those of “Run Automation”.",
)
DISMISS_AUTOMATION = Command(
    "understudy.dismissAutomation",
    "Not Now: Dismiss Automation…",
    "Do not offer it now, or never. Arguments: the folder, its name, whether that is for ever.",
)
ENABLE_AUTOMATION = Command(
    "understudy.enableAutomation",
    "Try Again and Enable",
    "Try one again that is disabled, and let it be run. Arguments: the folder and its name.",
)
DISABLE_AUTOMATION = Command(
    "understudy.disableAutomation",
    "Disable Automation…",
    "Neither offer nor run it any more. Arguments: the folder and its name.",
)
AUTOMATION_PARAMETERS = Command(
    "understudy.automationParameters",
    "Parameters of Automation",
    "The automations that can be run, and what can be given to them. Argument: the folder.",
    palette=False,
)
PATTERNS = Command(
    "understudy.showPatterns",
    "Show Patterns",
    "List what you do again and again: when, what, and what varies in it.",
)
AUTOMATIONS = Command(
    "understudy.showAutomations",
    "Show Automations",
    "List the automations: their states, their records, what they save.",
)
EFFICIENCY = Command(
    "understudy.showReport",
    "Show Efficiency Report",
    "What was saved and what it took, as a page. Arguments: the folder; “html” where the editor "
    "shows the page itself.",
)
LEARN = Command(
    "understudy.learnNow", "Learn Now", "Look now for what repeats, and try what can be made of it."
)
PAUSE = Command(
    "understudy.pauseActivity",
    "Pause or Resume Activity",
    "Write down nothing of what you do, or go on with it.",
)
WORKFLOWS = Command(
    "understudy.showWorkflows",
    "Show Workflows",
    "How the workflows are laid out and go: critical path, score, what could be better.",
)
RECOMMENDATIONS = Command(
    "understudy.showRecommendations",
    "Show Recommendations",
    "What could be changed in how work is done: why, what it would gain, how.",
)
OPEN_RECOMMENDATIONS = Command(
    "understudy.openRecommendations",
    "List What Can Be Done",
    "The recommendations that can be done for their user, the best first.",
    palette=False,
)
ACCEPT_RECOMMENDATION = Command(
    "understudy.acceptRecommendation",
    "Do a Recommendation…",
    "Do what is recommended, after a question. Arguments: the folder and what it is called; asks "
    "when not given.",
)
DISMISS_RECOMMENDATION = Command(
    "understudy.dismissRecommendation",
    "Dismiss a Recommendation",
    "Do not show it any more. Arguments: the folder and what it is called.",
    palette=False,
)
STATUS = Command(
    "understudy.showStatus", "Show Status", "Tell what each tool found, failed at and cost."
)
RESOURCES = Command(
    "understudy.showResources",
    "Show Resources",
    "How much of memory, disks and files is used, what will be used up when, and who does it.",
)
ACKNOWLEDGE = Command(
    "understudy.acknowledgeWarning",
    "Acknowledge Resource Warning",
    "Know of what runs short: the status bar is quiet until that is over, or much worse.",
)
DASHBOARD = Command(
    "understudy.showDashboard",
    "Show Dashboard",
    "Open a live page of the open folders: findings, tasks, logs, the machine, settings. Argument: "
    "`link` to be told the address instead.",
)
LEFT_OUT = Command(
    "understudy.showLeftOut",
    "Show What Is Left Out",
    "List the files and folders that a scan does not look at, and why.",
)
ONLY_CHANGED = Command(
    "understudy.toggleOnlyChanged",
    "Show Only What I Changed, or All",
    "Take what was not changed as known, or all as news, for this session.",
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
FIX_ON_SAVE = Command(
    "understudy.fixOnSave",
    "Fix a Rule After Each Save",
    "Add to fixes.onSave in .understudy/config.yaml. Arguments: a file's URI, a rule.",
    palette=False,
)
DISMISS_FIX = Command(
    "understudy.dismissFix",
    "Do Not Offer to Fix a Rule After Each Save",
    "For now, or for good. Arguments: a file's URI, a rule, whether that is for ever.",
    palette=False,
)
EXPLAIN = Command(
    "understudy.explain",
    "Explain a Finding or Its Absence",
    "Which tool, version, configuration and comment led to it. Arguments: a file's URI, a line "
    "from 1, a rule.",
    palette=False,
)
FIX_RULE = Command(
    "understudy.fixRule",
    "Fix a Rule in the Workspace",
    "Fix all safe cases, each verified; the editor may ask first. Arguments: a file's URI, a rule.",
    palette=False,
)
INSTALL = Command(
    "understudy.installTool",
    "Install a Tool",
    "Ask, then install a tool that Understudy runs, for all projects. Argument: its name.",
    palette=False,
)
PROFILE = Command(
    "understudy.profileFile",
    "Profile File or Test at Cursor",
    "Run a file, or the test in a line, under a profiler, and show above its functions what they "
    "take. Arguments: a file's URI, a line from 1.",
)
CLEAR_PROFILE = Command(
    "understudy.clearProfile",
    "Clear Profiles",
    "Forget the profiles of programs, and show nothing of them above functions any more.",
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

COMMANDS = tuple(each for each in tuple(globals().values()) if isinstance(each, Command))
"""All of them, as they stand here."""
