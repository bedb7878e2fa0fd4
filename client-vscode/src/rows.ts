import type { Parameter } from "./jobs.ts";

/** What stands behind the question for the first value of a row. */
export function note(row: number): string {
  return ` (row ${row.toString()}; empty: that is all)`;
}

/**
 * The values of those that take many, one in a line, asked for row by row until the first one of a
 * row is empty. `ask` gets the number of the row with the first one; undefined: thought better of.
 */
export async function rows(
  parameters: readonly Parameter[],
  ask: (parameter: Parameter, row?: number) => Promise<string | undefined>,
): Promise<Record<string, string> | undefined> {
  const [first, ...others] = parameters;
  const found: Record<string, string[]> = Object.fromEntries(parameters.map(({ name }) => [name, []]));
  for (let row = 1; first; row++) {
    const answer = await ask(first, row);
    if (answer === undefined || (answer === "" && row === 1)) return undefined;
    if (answer === "") break;
    found[first.name]?.push(answer);
    for (const each of others) {
      const more = await ask(each);
      if (more === undefined) return undefined;
      found[each.name]?.push(more);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, values.join("\n")]));
}
