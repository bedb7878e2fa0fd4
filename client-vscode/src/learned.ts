/** What is learned in one folder, as the server's `understudy/learned` notification tells of it. */
export interface Learned {
  root: string;
  activity: "on" | "paused" | "off";
  patterns: Pattern[];
  automations: Automation[];
}

export interface Pattern {
  id: string;
  title: string;
  summary: string;
  evidence: string[];
  whyNot: string;
  automation: string;
}

export interface Automation {
  name: string;
  title: string;
  state: string;
  summary: string;
  lines: string[];
  script: string;
}

/** An automation as commands take it: from a key binding, or from the view. */
export interface Named {
  root: string;
  name: string;
  values?: Record<string, string>;
}

/** A line of the view, with VS Code's name of its icon. */
export interface Node {
  id: string;
  label: string;
  description: string;
  tooltip: string;
  icon?: string;
  context:
    "group" | "pattern" | "evidence" | "offered" | "tried" | "active" | "disabled" | "other";
  open: boolean;
  children: Node[];
}

/** The line of an automation. */
export interface AutomationNode extends Node, Named {
  script: string;
}

const STATES: [string[], string, AutomationNode["context"], string][] = [
  [["offered"], "Offered", "offered", "lightbulb"],
  [["active"], "Active", "active", "zap"],
  [["disabled"], "Disabled", "disabled", "circle-slash"],
  [["tried", "generated", "dismissed"], "Not Offered Now", "other", "beaker"],
];

/** What all folders have, in groups; a group of nothing is left out, and so is what nobody wanted. */
export function nodes(folders: readonly Learned[]): Node[] {
  const groups = STATES.map(([states, title, context, icon]) =>
    group(
      title,
      folders.flatMap(({ root, automations }) =>
        automations
          .filter((each) => states.includes(each.state))
          .map((each) =>
            automationNode(root, each, each.state === "tried" ? "tried" : context, icon),
          ),
      ),
    ),
  );
  const patterns = folders.flatMap(({ root, patterns: found }) =>
    found.map((each) => patternNode(root, each)),
  );
  return [...groups, { ...group("What Repeats", patterns), open: false }].filter(
    (each) => each.children.length > 0,
  );
}

/** Whether what is done is written down in one of them; undefined where nobody wants that. */
export function recorded(folders: readonly Learned[]): boolean | undefined {
  const wanted = folders.filter((each) => each.activity !== "off");
  return wanted.length > 0 ? wanted.some((each) => each.activity === "on") : undefined;
}

/** What is offered, for people. */
export function offers(folders: readonly Learned[]): string[] {
  return folders.flatMap(({ automations }) =>
    automations
      .filter((each) => each.state === "offered")
      .map((each) => `Understudy offers: ${each.title} (${each.summary})`),
  );
}

export function isNamed(value: unknown): value is Named {
  return typeof value === "object" && value !== null && "root" in value && "name" in value;
}

/** For `keybindings.json`; the key is to be chosen. */
export function keyBinding({ root, name }: Named): string {
  const binding = { key: "ctrl+k u", command: "understudy.runAutomation", args: { root, name } };
  return JSON.stringify(binding, null, 2);
}

function group(title: string, children: Node[]): Node {
  const count = children.length.toString();
  const shown = { label: title, description: count, tooltip: title, context: "group" } as const;
  return { id: title, ...shown, open: true, children };
}

function automationNode(
  root: string,
  { name, title, summary, lines, script }: Automation,
  context: AutomationNode["context"],
  icon: string,
): AutomationNode {
  const shown = { label: title, description: name, tooltip: [title, summary, ...lines].join("\n") };
  const id = `${root}#${name}`;
  return { id, ...shown, icon, context, open: false, children: [], root, name, script };
}

function patternNode(root: string, pattern: Pattern): Node {
  const { title, summary, whyNot, automation } = pattern;
  const id = `${root}##${pattern.id}`;
  const children = pattern.evidence.map((line, number): Node => {
    const shown = { label: line, description: "", tooltip: line, context: "evidence" } as const;
    return { id: `${id}#${number.toString()}`, ...shown, open: false, children: [] };
  });
  const tooltip = [title, summary, whyNot].filter(Boolean).join("\n");
  const shown = { label: title, description: automation || whyNot, tooltip, icon: "history" };
  return { id, ...shown, context: "pattern", open: false, children };
}
