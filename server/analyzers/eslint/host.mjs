// Lints with ESLint as a project has it, for as long as the other end of its socket is open:
// `node host.mjs FD IDLE`, or until nobody has asked again for IDLE milliseconds.
// Both ways a message is JSON on a line of its own:
//
//   → {package, source, files: [{path, text}]}   the folder of ESLint, its configuration
//   ← {files: [answer…], urls: {rule: url}, wide, bytes}
//   ← {misconfigured: why}                       no file could be looked at
//
// An answer is {messages}, {ignored: true} or {error: why}. `wide`: what was said depends on other
// files, too. `bytes`: the memory that this process has now. Standard output and standard error
// belong to whatever plugins print.

import { createRequire } from "node:module";
import { Socket } from "node:net";
import { dirname } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const WIDE = /^(import(-x)?|n|node|boundaries|@nx)$/;

const require = createRequire(import.meta.url);
const instances = new Map();

async function instance(folder, source) {
  const known = instances.get(source);
  if (known) return known;
  const main = require.resolve(folder);
  const module = await import(pathToFileURL(main));
  const { loadESLint } = module.default ?? module;
  const ESLint = await loadESLint({ useFlatConfig: true });
  const made = new ESLint({ cwd: dirname(source), overrideConfigFile: source, fix: false });
  instances.set(source, made);
  return made;
}

const why = (error) => (error instanceof Error ? (error.message || error.name) : String(error));

/** Whether rules under this configuration look at other files than the one they are run on. */
function isWide({ plugins = {}, languageOptions = {} }) {
  const { projectService, project, programs } = languageOptions.parserOptions ?? {};
  return Boolean(projectService || project || programs) || Object.keys(plugins).some((name) => WIDE.test(name));
}

/** typescript-eslint goes on with other files as it has read them once; its parser, as
 *  configurations have it, lacks what makes it read them again. */
function readAgain() {
  for (const [file, { exports }] of Object.entries(require.cache))
    if (file.includes("/@typescript-eslint/typescript-estree/")) exports?.clearCaches?.();
}

class Misconfigured extends Error {}

async function configurationFor(eslint, path) {
  try {
    return await eslint.calculateConfigForFile(path);
  } catch (error) {
    throw new Misconfigured(why(error));
  }
}

async function lint(eslint, { path, text }, urls) {
  const results = await eslint.lintText(text, { filePath: path, warnIgnored: false });
  if (results.length === 0) return { ignored: true };
  const { messages } = results[0];
  for (const [rule, meta] of Object.entries(eslint.getRulesMetaForResults(results)))
    if (typeof meta?.docs?.url === "string") urls[rule] = meta.docs.url;
  return { messages };
}

async function answer({ package: folder, source, files }) {
  let eslint;
  try {
    process.chdir(dirname(source));
    eslint = await instance(folder, source);
  } catch (error) {
    return { misconfigured: why(error) };
  }
  const answers = [];
  const urls = {};
  let wide = false;
  for (const file of files) {
    try {
      const configuration = await configurationFor(eslint, file.path);
      if (configuration === undefined) {
        answers.push({ ignored: true });
        continue;
      }
      if (!wide && isWide(configuration)) {
        wide = true;
        readAgain();
      }
      answers.push(await lint(eslint, file, urls));
    } catch (error) {
      if (error instanceof Misconfigured) return { misconfigured: why(error) };
      answers.push({ error: why(error) });
    }
  }
  return { files: answers, urls, wide, bytes: process.memoryUsage.rss() };
}

const [fd, idle] = process.argv.slice(2).map(Number);
const end = () => process.exit(0);
const socket = new Socket({ fd });
let waiting;
for await (const line of createInterface({ input: socket })) {
  clearTimeout(waiting);
  socket.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  waiting = setTimeout(end, idle);
}
end();
