import { FunctionProcess, Outcome, ProcessOptions, Run, RuntimeProcess } from './function-process';

/**
 * Processes that outlive their function. One that is idle and no longer needed runs the next function.
 *
 * That function gets its own environment, time and newly loaded code. Node and the AWS SDK remain, because starting
 * and loading them takes longer than most tests. A process that was killed at work is not used again.
 */
export class ProcessPool {
  private spare: FunctionProcess[] = [];

  /** Runs a function in a process that is spare, or in a new one. */
  readonly start = (options: ProcessOptions, isCold: boolean): RuntimeProcess => {
    if (isCold) return new FunctionProcess(options);
    const index = this.spare.findIndex((process) => process.isAlive && process.memoryMb === options.memoryMb);
    if (index < 0) return new Lease(new FunctionProcess(options), this.giveBack);
    const [process] = this.spare.splice(index, 1);
    process.serve(options);
    return new Lease(process, this.giveBack);
  };

  private readonly giveBack = (process: FunctionProcess) => void this.spare.push(process);

  /** Ends the spare processes. */
  async close(): Promise<void> {
    const spare = this.spare.splice(0);
    spare.forEach((process) => process.kill());
    await Promise.all(spare.map(({ ended }) => ended));
  }
}

/** A process of the pool while it runs one function. */
class Lease implements RuntimeProcess {
  readonly ended: Promise<void>;
  private hasEnded = false;
  private end!: () => void;

  constructor(
    private readonly process: FunctionProcess,
    private readonly giveBack: (process: FunctionProcess) => void,
  ) {
    this.ended = Promise.race([
      process.ended,
      new Promise<void>((resolve) => {
        this.end = resolve;
      }),
    ]);
  }

  get isAlive(): boolean {
    return !this.hasEnded && this.process.isAlive;
  }

  run(run: Run): Promise<Outcome> {
    return this.process.run(run);
  }

  /** Only a process that is at work has to end. */
  kill(): void {
    if (!this.isAlive) return;
    this.hasEnded = true;
    if (this.process.isAtWork) return this.process.kill();
    this.giveBack(this.process);
    this.end();
  }

  onSilence(): void {
    this.process.onSilence();
  }
}
