import { appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Records the codes of the messages that tests check, such as `[TIMEOUT]`: those in the values that they pass to
 * `expect`, and in the errors of calls and promises. `every-code.cjs` compares them with the tables of messages.
 */
const CODE = /\. \[([A-Z]+(?:_[A-Z]+)*)\]/g;

/** A response of the handler is an object with texts in it. Templates are deeper, and contain no messages. */
const MAX_DEPTH = 4;

const codes = new Set<string>();
const expectValue = expect;

Object.assign(globalThis, { expect: Object.assign((value: unknown) => expectValue(observe(value)), expectValue) });

afterAll(() => {
  appendFileSync(path.join(tmpdir(), 'observed-codes'), [...codes].map((code) => `${code}\n`).join(''));
});

function observe(value: unknown): unknown {
  if (typeof value === 'function') {
    return jest.isMockFunction(value) ? value : observeCall(value as () => unknown);
  }
  if (value instanceof Promise) {
    value.then(recordCodes, recordCodes);
  } else {
    recordCodes(value);
  }
  return value;
}

function observeCall(call: () => unknown): () => unknown {
  return () => {
    try {
      return observe(call());
    } catch (error) {
      recordCodes(error);
      throw error;
    }
  };
}

/** Records the codes in a text, in the message of an error, and in texts and errors of an object. */
export function recordCodes(value: unknown, depth = 0): void {
  if (typeof value === 'string') {
    for (const [, code] of value.matchAll(CODE)) {
      codes.add(code);
    }
  } else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
    const { message } = value as Partial<Error>;
    Object.values({ message, ...(isPlain(value) ? value : {}) }).forEach((each) => recordCodes(each, depth + 1));
  }
}

/** Constructs and clients have circles and contain no messages. */
function isPlain(value: object): boolean {
  return Array.isArray(value) || value.constructor === undefined || value.constructor.name === 'Object';
}
