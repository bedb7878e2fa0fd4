/** A job, as the server's `understudy/tasks` notification tells of it. */
export interface Job {
  id: number;
  task: string;
  state: "queued" | "running" | "asking" | "ended";
  status: string;
  why: string;
  summary: string;
  issues: number;
  message: string;
  fraction: number;
  attempt: number;
  seconds: number;
  causes: string[];
}

/** What can be given to a task; without a default it has to be. */
export interface Parameter {
  name: string;
  default: string | null;
  type: "text" | "number" | "boolean" | "path" | "glob" | "choice" | "secret";
  choices: string[];
  question: string;
  /** It takes many values, one in a line. */
  many?: boolean;
}

/** The tasks and the newest jobs of one folder. */
export interface Folder {
  root: string;
  tasks: { name: string; title: string; parameters: Parameter[] }[];
  jobs: Job[];
  heldBack: string;
}

/** What a person sees of a job: an icon of VS Code's, a few words, and all of it. */
export interface Row {
  root: string;
  job: Job;
  label: string;
  description: string;
  tooltip: string;
  icon: string;
  context: "open" | "asking" | "ended";
}

export interface Group {
  title: "Running" | "Waiting" | "History";
  rows: Row[];
}

/** The jobs of all folders, in the groups in which they are shown; a group without jobs is left out. */
export function grouped(folders: readonly Folder[]): Group[] {
  const rows = folders.flatMap((folder) => folder.jobs.map((job) => row(folder, job)));
  const of = (...states: Job["state"][]): Row[] => rows.filter((r) => states.includes(r.job.state));
  const groups: Group[] = [
    { title: "Running", rows: of("running") },
    { title: "Waiting", rows: of("queued", "asking") },
    { title: "History", rows: of("ended") },
  ];
  return groups.filter((group) => group.rows.length > 0);
}

/** Those that a person has to be asked for. */
export function lacking(parameters: readonly Parameter[], given: object): Parameter[] {
  return parameters.filter((each) => each.default === null && !(each.name in given));
}

/** The answers to choose from; undefined where any text or number is one. */
export function answers({ type, choices }: Parameter): string[] | undefined {
  if (choices.length > 0) return choices;
  return type === "boolean" ? ["true", "false"] : undefined;
}

/** What is wrong with an answer. */
export function complaint({ type }: Parameter, answer: string): string | undefined {
  const number = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
  return type === "number" && !number.test(answer) ? "This must be a number." : undefined;
}

function row(folder: Folder, job: Job): Row {
  const title = folder.tasks.find((task) => task.name === job.task)?.title ?? job.task;
  const description = describe(folder, job);
  return {
    root: folder.root,
    job,
    label: title,
    description,
    tooltip: [`#${job.id.toString()} ${title}: ${description}`, ...job.causes].join("\n"),
    icon: icon(job),
    context: job.state === "ended" || job.state === "asking" ? job.state : "open",
  };
}

function describe(folder: Folder, job: Job): string {
  switch (job.state) {
    case "running":
      return job.message || "running";
    case "asking":
      return "was interrupted: run it again?";
    case "queued":
      if (job.attempt > 0) return `again after: ${job.why}`;
      return folder.heldBack ? `waits: ${folder.heldBack}` : "waits";
    case "ended":
      if (job.status !== "done") return job.why ? `${job.status}: ${job.why}` : job.status;
      return [job.summary, `${job.seconds.toFixed(1)} s`].filter(Boolean).join(", ");
  }
}

function icon(job: Job): string {
  if (job.state === "running") return "sync~spin";
  if (job.state === "queued") return "clock";
  if (job.state === "asking") return "question";
  if (job.status === "cancelled") return "circle-slash";
  if (job.status !== "done") return "error";
  return job.issues > 0 ? "warning" : "pass";
}
