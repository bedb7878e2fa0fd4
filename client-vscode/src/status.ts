/** The server's `understudy/status` notification, as far as the status bar shows it. */
export interface Status {
  state: "starting" | "idle" | "running" | "attention";
  summary: string;
  detail: string;
  /** What the machine runs short of, or will. */
  strain?: Strain | null;
}

export interface Strain {
  brief: string;
  detail: string;
  acknowledged: boolean;
}

export interface Presentation {
  text: string;
  tooltip: string;
  warning: boolean;
}

const ICONS: Record<Status["state"], string> = {
  starting: "$(loading~spin)",
  idle: "$(shield)",
  running: "$(sync~spin)",
  attention: "$(warning)",
};

/** What the status-bar item shows. A state that this version does not know needs attention. */
export function present(status: Status): Presentation {
  const known = status.state in ICONS;
  return {
    text: `${known ? ICONS[status.state] : ICONS.attention} ${status.summary || "Understudy"}`,
    tooltip: `Understudy\n${status.detail || status.summary}`,
    warning: !known || status.state === "attention",
  };
}

/** What the item of the machine shows: calm when somebody has said to know of it; undefined while all is
 * well. */
export function presentStrain(strain: Strain | null | undefined): Presentation | undefined {
  if (!strain) return undefined;
  const { brief, detail, acknowledged } = strain;
  return { text: `$(dashboard) ${brief}`, tooltip: detail, warning: !acknowledged };
}
