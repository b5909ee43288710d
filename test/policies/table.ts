import { Context, evaluate, PolicyDocument, Principal, Verdict } from './simulator';

/** The expected decision about an action on a resource in a context. */
export type Row = [expected: Verdict, action: string, resource: string, context?: Context];

export interface Subject {
  readonly principal: Principal;
  /** Policy of the resource, and the account that owns it. */
  readonly resourcePolicy?: PolicyDocument;
  readonly resourceAccount?: string;
}

/** Defines a test for each row. The subject is created when the first test runs. */
export function expectRows(subject: () => Subject, rows: Row[]): void {
  // Every row has a context. With an argument missing, jest would wait for a callback.
  const complete = rows.map(
    ([expected, action, resource, context = {}]) => [expected, action, resource, context] as const,
  );
  let created: Subject | undefined;
  test.each(complete)('evaluates as %s: %s on %s %j', async (expected, action, resource, context) => {
    created ??= subject();
    await expect(evaluate({ ...created, action, resource, context })).resolves.toBe(expected);
  });
}
