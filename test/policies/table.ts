import { Context, evaluate, PolicyDocument, Principal, Verdict } from './simulator';

/** What is expected, of which action, on what, and in which context. */
export type Row = [expected: Verdict, action: string, resource: string, context?: Context];

export interface Subject {
  readonly principal: Principal;
  /** The policy of what is asked for, and the account that owns it. */
  readonly resourcePolicy?: PolicyDocument;
  readonly resourceAccount?: string;
}

/** One test for each row. The subject is made when the rows run. */
export function expectRows(subject: () => Subject, rows: Row[]): void {
  // every row gets a context: for an argument too few, jest would wait for a callback
  const complete = rows.map(([expected, action, resource, context = {}]) => [expected, action, resource, context] as const);
  test.each(complete)('%s: %s on %s %j', async (expected, action, resource, context) => {
    await expect(evaluate({ ...subject(), action, resource, context })).resolves.toBe(expected);
  });
}
