// A reporter for node's own test runner; its destination receives the lines that __init__.py tells of.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = process.cwd();
const seen = (file) => (file ? path.relative(here, file).split(path.sep).join('/') : '');

/** Where the error arose in the test's own file, from its stack; else where the test begins. */
function place(data, stack) {
  for (const line of stack.split('\n')) {
    const found = /(file:\/\/[^\s()]+|\/[^()]+?):(\d+):\d+\)?$/.exec(line);
    if (!found) continue;
    const file = found[1].startsWith('file:') ? fileURLToPath(found[1]) : found[1];
    if (file === data.file) return Number(found[2]);
  }
  return data.line ?? 1;
}

export default async function* (source) {
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') names[data.nesting] = data.name;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const error = data.details?.error;
    if (error?.failureType === 'subtestsFailed' || (!error && data.details?.type === 'suite')) continue;
    const file = seen(data.file);
    const whole = data.nesting === 0 && path.resolve(here, data.name) === data.file;
    const title = [...names.slice(0, data.nesting), data.name].join(' > ');
    const cause = error?.cause instanceof Error ? error.cause : error;
    const stack = String(cause?.stack ?? '');
    let outcome = type === 'test:pass' ? 'passed' : 'failed';
    if (data.skip !== undefined) outcome = 'skipped';
    else if (data.todo !== undefined) outcome = error ? 'xfailed' : 'passed';
    else if (error && (whole || error.failureType !== 'testCodeFailure')) outcome = 'error';
    yield JSON.stringify({
      test: whole ? file : `${file}::${title}`,
      outcome,
      seconds: (data.details?.duration_ms ?? 0) / 1000,
      file,
      line: error ? place(data, stack) : data.line ?? 1,
      message: String(cause?.message ?? cause ?? '').trim().slice(0, 2000),
      text: stack.slice(0, 20000),
    }) + '\n';
  }
  yield JSON.stringify({ end: { complete: true, why: '' } }) + '\n';
}
