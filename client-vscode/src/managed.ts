import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import * as vscode from "vscode";

import { executable, importFailure, NoInterpreter } from "./python.ts";

const SUITABLE = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
const CANDIDATES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];

/**
 * A virtual environment in the extension's own storage, made from the wheel inside the extension.
 * Its name carries a hash of what is installed in it, and it gets that name only when it is complete:
 * an environment that exists under its name can be used, whatever interrupted an earlier attempt.
 */
export class ManagedEnvironment {
  readonly folder: string;

  constructor(
    storage: vscode.Uri,
    private readonly wheels: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.folder = storage.fsPath;
  }

  /** Its interpreter, after making the environment if it is missing or broken. */
  async interpreter(): Promise<string> {
    await mkdir(this.folder, { recursive: true });
    const { wheel, lock, hash } = await this.bundled();
    const environment = join(this.folder, `env-${hash}`);
    const python = executable(environment);
    if (existsSync(python) && (await importFailure(python)) === undefined)
      return python;
    await rm(environment, { recursive: true, force: true });
    try {
      await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: "Understudy is setting up its Python environment (once per version)",
          cancellable: true,
        },
        (progress, token) => this.create(environment, wheel, lock, progress, token),
      );
    } catch (error) {
      if (error instanceof NoInterpreter) throw error;
      throw new NoInterpreter(
        `The Python environment could not be set up: ${(error as Error).message}. The output has ` +
          `the details. Try again with "Understudy: Restart Server", or install Understudy ` +
          `yourself and name its interpreter in the setting "understudy.server.interpreter".`,
      );
    }
    return python;
  }

  private async bundled(): Promise<{ wheel: string; lock: string; hash: string }> {
    const files = existsSync(this.wheels) ? await readdir(this.wheels) : [];
    const wheel = files.find((name) => name.endsWith(".whl"));
    if (!wheel)
      throw new NoInterpreter(
        "This build of the extension has no server inside. Install Understudy with pip and name " +
          'its interpreter in the setting "understudy.server.interpreter".',
      );
    const paths = [join(this.wheels, wheel), join(this.wheels, "requirements.lock")] as const;
    const hash = createHash("sha256");
    for (const path of paths) hash.update(await readFile(path));
    return { wheel: paths[0], lock: paths[1], hash: hash.digest("hex").slice(0, 12) };
  }

  private async create(
    environment: string,
    wheel: string,
    lock: string,
    progress: vscode.Progress<{ message: string }>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const base = await this.basePython();
    const draft = await mkdtemp(join(this.folder, "draft-"));
    const pip = ["-I", "-m", "pip", "--no-input", "--disable-pip-version-check", "install"];
    try {
      progress.report({ message: "creating…" });
      await this.run(base, ["-I", "-m", "venv", draft], token);
      progress.report({ message: "downloading its analyzers…" });
      await this.run(executable(draft), [...pip, "--require-hashes", "-r", lock], token);
      await this.run(executable(draft), [...pip, "--no-deps", "--no-index", wheel], token);
      await rename(draft, environment).catch((error: unknown) => {
        // Another window was first; its environment is as good.
        if (!existsSync(executable(environment))) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      if (name.startsWith("env-") && path !== environment)
        await rm(path, { recursive: true, force: true });
    }
  }

  private async basePython(): Promise<string> {
    for (const name of CANDIDATES) {
      try {
        await promisify(execFile)(name, ["-I", "-c", SUITABLE], { cwd: this.folder });
        return name;
      } catch (error) {
        this.log.debug(`${name} cannot make the environment: ${(error as Error).message}`);
      }
    }
    throw new NoInterpreter(
      "Understudy needs Python 3.11 or newer with the venv module, and found none on PATH. Install " +
        "it (on Debian and Ubuntu: apt install python3 python3-venv), or name an interpreter in the " +
        'setting "understudy.server.interpreter".',
    );
  }

  private async run(
    command: string,
    args: readonly string[],
    token: vscode.CancellationToken,
  ): Promise<void> {
    if (token.isCancellationRequested) throw new Error("it was cancelled");
    this.log.info(`$ ${command} ${args.join(" ")}`);
    const child = spawn(command, args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    const cancelled = token.onCancellationRequested(() => child.kill());
    let last = "";
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        last = line.trim() || last;
        this.log.info(line);
      });
    try {
      await new Promise<void>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => {
          if (code === 0) resolve();
          else reject(new Error(token.isCancellationRequested ? "it was cancelled" : last));
        });
      });
    } finally {
      cancelled.dispose();
    }
  }
}
