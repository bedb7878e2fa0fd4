import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const IMPORT_SECONDS = 30;

/** Why no server can be started, in words for the user. */
export class NoInterpreter extends Error {}

/** Where an environment keeps its interpreter. */
export function executable(environment: string): string {
  return process.platform === "win32"
    ? join(environment, "Scripts", "python.exe")
    : join(environment, "bin", "python");
}

/**
 * Why `path` cannot import Understudy, or undefined if it can. `-P` keeps the working directory off
 * the import path, so that no file of the workspace can pose as a module.
 */
export async function importFailure(path: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(path, ["-P", "-c", "import understudy"], {
      timeout: IMPORT_SECONDS * 1000,
    });
    return undefined;
  } catch (error) {
    const { killed, message } = error as Error & { killed?: boolean };
    if (killed) return `it did not answer within ${IMPORT_SECONDS.toString()} seconds`;
    // The message ends with what the interpreter wrote, if it wrote anything.
    return message.trim().split("\n").at(-1) ?? message;
  }
}
