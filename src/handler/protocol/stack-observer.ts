import { ResourceEvent } from './event';
import type { StackOperation, StackResource } from '../aws/cloudformation';
import { Log } from '../runtime/log';

/** Asks CloudFormation about a stack. Each function throws if it cannot be asked. */
export interface StackDescription {
  /** Undefined if CloudFormation does not know the resource. */
  describeResource(stackId: string, logicalId: string): Promise<StackResource | undefined>;
  describeOperation(stackId: string): Promise<StackOperation>;
}

export interface StackObserverOptions {
  readonly event: ResourceEvent;
  readonly stack: StackDescription;
  readonly log: Log;
  /** What an earlier invocation of the same event saw first. */
  readonly firstState?: StackResource;
}

/** What CloudFormation said. */
export interface Reply<T> {
  readonly answer: T;
}

/** So many failures in a row say that CloudFormation cannot be asked. */
const MOST_FAILURES = 3;

/** Asks CloudFormation about the resource of an event and its stack, until it cannot be asked. */
export class StackObserver {
  private failures = 0;
  private isAnswered: boolean;
  private isFailureLogged = false;

  constructor(private readonly options: StackObserverOptions) {
    this.isAnswered = options.firstState !== undefined;
  }

  /** Whether CloudFormation cannot be asked: it has never answered. */
  public get isBlind(): boolean {
    return this.failures >= MOST_FAILURES && !this.isAnswered;
  }

  /** Whether CloudFormation has answered once. */
  public get hasAnswered(): boolean {
    return this.isAnswered;
  }

  /** Describes what CloudFormation is doing with the stack. Undefined if it does not say. */
  public async describeStack(): Promise<StackOperation | undefined> {
    const { event, stack } = this.options;
    return (await this.ask(() => stack.describeOperation(event.stackId)))?.answer;
  }

  /** Describes the stack, or the root of its nested stacks, however many questions failed before. */
  public describeStackDespiteFailures(
    stackId = this.options.event.stackId,
  ): Promise<Reply<StackOperation> | undefined> {
    return this.ask(() => this.options.stack.describeOperation(stackId), false);
  }

  /** Describes the resource, however many questions failed before. */
  public describeResourceDespiteFailures(): Promise<Reply<StackResource | undefined> | undefined> {
    const { event, stack } = this.options;
    return this.ask(() => stack.describeResource(event.stackId, event.logicalId), false);
  }

  /**
   * Describes the resource as the stack has it now. The answer is undefined if CloudFormation does not know the
   * resource, and the reply is undefined if it does not say.
   */
  public describeResource(): Promise<Reply<StackResource | undefined> | undefined> {
    const { event, stack } = this.options;
    return this.ask(() => stack.describeResource(event.stackId, event.logicalId));
  }

  /**
   * A new policy of the handler's own role may not be in force yet, so one failure is not the last word.
   *
   * @param isLimited whether failures count, and end the questions
   */
  private async ask<T>(question: () => Promise<T>, isLimited = true): Promise<Reply<T> | undefined> {
    if (isLimited && this.failures >= MOST_FAILURES) {
      return undefined;
    }
    try {
      const answer = await question();
      this.failures = 0;
      this.isAnswered = true;
      return { answer };
    } catch (error) {
      this.failures += isLimited ? 1 : 0;
      this.reportFailure(error as Error);
      return undefined;
    }
  }

  private reportFailure({ message }: Error): void {
    if (!this.isFailureLogged) {
      this.isFailureLogged = true;
      this.options.log.warn('cloudformation-not-asked', {
        message: `continues without knowing whether CloudFormation still waits: ${message}`,
      });
    }
  }
}
