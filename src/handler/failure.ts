import { CodedMessage, fillPlaceholders, joinMessage, MessageValues } from './coded-message';
import { MESSAGES } from './messages';
import { toObject } from './runtime/json';
import { Redaction } from './runtime/redaction';
import { removeFullStop } from './runtime/text';

export type FailureCode = keyof typeof MESSAGES;

/** Why an event fails, as a user reads it: `<text>. <Remedy>. [CODE]`. */
export class Failure extends Error {
  public readonly name: string = 'Failure';
  /** What happened. */
  public readonly text: string;
  /** What to do. */
  public readonly remedy: string;

  constructor(
    public readonly code: FailureCode,
    { text, remedy }: CodedMessage,
    options?: ErrorOptions,
  ) {
    super(joinMessage(code, { text, remedy }), options);
    this.text = text;
    this.remedy = remedy;
  }

  /** Returns the same failure with another detail. */
  public withDetail(detail: string): Failure {
    return detail
      ? new Failure(this.code, { text: `${this.text}; ${detail}`, remedy: this.remedy }, { cause: this })
      : this;
  }
}

/** Fills a message of the table in. Values that quote others have no full stop at their end. */
export function createFailure<C extends FailureCode>(
  code: C,
  values: MessageValues<(typeof MESSAGES)[C]>,
  options?: ErrorOptions,
): Failure {
  const { text, remedy }: CodedMessage = MESSAGES[code];
  return new Failure(code, { text: fillPlaceholders(text, values), remedy: fillPlaceholders(remedy, values) }, options);
}

/** Renders what a wait saw last, for the end of a text. Empty if it saw nothing. */
export function renderLastStatus(seen?: string): string {
  return seen ? ` (last status: ${seen})` : '';
}

/** Returns any error as a failure. An error that is none is a fault of this library. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) {
    return error;
  }
  const { name, message = String(error) } = toObject(error);
  return createFailure('UNEXPECTED_ERROR', {
    cause: [name, removeFullStop(String(message))].filter(Boolean).join(': '),
  });
}

/**
 * Returns any error as a failure that may be shown: without secrets, without characters that a terminal obeys, and
 * without its cause, which may have some.
 */
export function redactFailure(error: unknown, redaction: Redaction): Failure {
  const { code, text, remedy } = toFailure(error);
  return new Failure(code, { text: redaction.clean(text), remedy: redaction.clean(remedy) });
}

/** A request that was not accepted, as a value: the caller decides whether that is a failure. */
export interface Refusal {
  readonly failure: Failure;
  /**
   * What may still be done: check whether it was carried out (`lost`), send it again later (`busy`, `iam`), look for
   * what conflicts with it (`conflict`), or nothing (`final`).
   */
  readonly kind: 'lost' | 'busy' | 'conflict' | 'iam' | 'final';
  /** Whether this request or an earlier attempt of it may have been carried out. */
  readonly isAnswerLost: boolean;
}
