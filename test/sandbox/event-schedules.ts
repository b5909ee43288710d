import { AwsServices } from './aws';
import { LambdaStandIn } from './lambda';
import { Permission } from './secret-rotation';

/** A rule of EventBridge, or a schedule of EventBridge Scheduler, that invokes a function. */
export interface EventSchedule {
  readonly arn: string;
  readonly expression: string;
  readonly functionArn: string;
  readonly input: unknown;
  /** The role of a schedule. A rule needs a permission of the function. */
  readonly roleArn?: string;
}

const LONGEST_INPUT_OF_RULE = 8192;

/** Rules and schedules. A test decides when their time has come. */
export class EventSchedules {
  readonly all = new Map<string, EventSchedule>();
  /** Why EventBridge could not invoke a function: only its own metrics tell. */
  readonly failures: string[] = [];

  constructor(
    private readonly aws: AwsServices,
    private readonly lambda: LambdaStandIn,
    private readonly permissions: ReadonlySet<Permission>,
  ) {}

  addRule(arn: string, { ScheduleExpression, Targets: [target] }: Record<string, any>): void {
    if (target.Input.length > LONGEST_INPUT_OF_RULE) {
      throw new Error(`Input of target ${target.Id} has more than ${LONGEST_INPUT_OF_RULE} characters`);
    }
    this.add({ arn, expression: ScheduleExpression, functionArn: target.Arn, input: JSON.parse(target.Input) });
  }

  addSchedule(arn: string, { ScheduleExpression, Target: { Arn, RoleArn, Input } }: Record<string, any>): void {
    this.add({
      arn, expression: ScheduleExpression, functionArn: Arn, input: JSON.parse(Input), roleArn: RoleArn,
    });
  }

  /** The time of every rule and schedule has come. */
  async fire(): Promise<void> {
    for (const schedule of this.all.values()) {
      const problem = await this.isAllowed(schedule) ? this.invoke(schedule) : 'not allowed to invoke the function';
      if (problem) this.failures.push(`${schedule.arn}: ${problem}`);
    }
  }

  private add(schedule: EventSchedule): void {
    this.all.set(schedule.arn, schedule);
  }

  private invoke({ functionArn, input }: EventSchedule): string | undefined {
    try {
      this.lambda.invokeAsync(functionArn, input);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private async isAllowed({ arn, functionArn, roleArn }: EventSchedule): Promise<boolean> {
    if (roleArn) {
      const { accountId, iam } = this.aws;
      return (
        (await iam.assumable(roleArn, 'scheduler.amazonaws.com', { 'aws:SourceAccount': accountId })) &&
        (await iam.authorize(roleArn, 'lambda:InvokeFunction', functionArn))
      );
    }
    return [...this.permissions].some(
      (permission) =>
        permission.functionArn === functionArn &&
        permission.principal === 'events.amazonaws.com' &&
        permission.sourceArn === arn,
    );
  }
}
