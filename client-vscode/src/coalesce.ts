/**
 * Wraps `action` so that it never runs twice at once: all requests made during a run are answered by
 * one further run. The promise settles when the wrapped action has run at least once since the request.
 */
export function coalesced(action: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const run = (): Promise<void> => {
    current = action().finally(() => {
      current = undefined;
    });
    return current;
  };
  return () => {
    if (!current) return run();
    next ??= current
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  };
}
