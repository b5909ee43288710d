import { randomUUID } from 'node:crypto';
import { AwsError, AwsServices, json } from './aws';
import { authorizeSecret } from './aws/secrets-api';
import { LambdaStandIn } from './lambda';
import { Scheduler } from './scheduler';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** Secrets Manager repeats all steps of a rotation that fails; how often and when is not documented. */
const RETRY_DELAYS_MS = [60_000, 600_000, 3_600_000];

/** Who may invoke a function: one statement of its policy. */
export interface Permission {
  readonly functionArn: string;
  readonly principal: string;
  readonly sourceAccount?: string;
  readonly sourceArn?: string;
}

/** How a rotation ended, as CloudTrail shows it. */
export interface RotationOutcome {
  readonly secretArn: string;
  readonly token: string;
  readonly event: 'RotationSucceeded' | 'RotationFailed';
}

/** Rotations of Secrets Manager, by functions. A test decides when the time of a schedule has come. */
export class SecretRotation {
  readonly permissions = new Set<Permission>();
  readonly outcomes: RotationOutcome[] = [];
  private readonly running = new Set<string>();

  constructor(
    private readonly aws: AwsServices,
    private readonly lambda: LambdaStandIn,
    private readonly scheduler: Scheduler,
  ) {
    aws.route('secretsmanager', async (request, next) => {
      const { operation, input } = request;
      if (operation !== 'RotateSecret') return next(request);
      await authorizeSecret(aws.iam, aws.secrets, request);
      const { arn } = aws.secrets.secret(input.SecretId);
      if (input.RotationLambdaARN) {
        this.configure(arn, input.RotationLambdaARN, input.RotationRules?.ScheduleExpression);
      }
      return json({ ARN: arn, VersionId: this.rotate(arn, input.ClientRequestToken) });
    });
  }

  configure(secretId: string, lambdaArn: string, scheduleExpression?: string): void {
    this.requirePermission(lambdaArn);
    this.aws.secrets.secret(secretId).rotation = { lambdaArn, scheduleExpression };
  }

  /**
   * Tests a schedule that does not rotate at once: with the third step, and a version that has no value and is
   * removed afterwards.
   */
  async test(secretId: string): Promise<void> {
    const token = randomUUID();
    this.aws.secrets.startRotation(secretId, token);
    const error = await this.invoke(secretId, token, 'testSecret');
    const isPending = this.aws.secrets.secret(secretId).find('AWSPENDING')?.id === token;
    if (isPending) this.aws.secrets.moveLabel(secretId, 'AWSPENDING', token, undefined);
    if (error) throw new AwsError(400, 'InvalidRequestException', `The rotation function failed: ${error}`);
  }

  /** The time of every schedule has come. */
  fire(): void {
    for (const { arn, rotation } of this.aws.secrets.all) {
      if (rotation?.scheduleExpression) this.rotate(arn);
    }
  }

  /** Starts a rotation, or the one again that has not succeeded. Returns the version. */
  rotate(secretId: string, newToken: string = randomUUID()): string {
    const { secrets } = this.aws;
    const secret = secrets.secret(secretId);
    if (!secret.rotation) {
      throw new AwsError(
        400,
        'InvalidRequestException',
        'No Lambda rotation function ARN is associated with this secret.',
      );
    }
    const pending = secret.find('AWSPENDING');
    const token = pending && !pending.labels.has('AWSCURRENT') ? pending.id : newToken;
    if (token === newToken) secrets.startRotation(secretId, token);
    const key = `${secret.arn} ${token}`;
    if (!this.running.has(key)) {
      this.running.add(key);
      void this.perform(secret.arn, token).finally(() => this.running.delete(key));
    }
    return token;
  }

  private async perform(secretArn: string, token: string): Promise<void> {
    let error = await this.takeSteps(secretArn, token);
    for (const delay of RETRY_DELAYS_MS) {
      if (!error) break;
      await this.scheduler.sleep(delay);
      error = await this.takeSteps(secretArn, token);
    }
    this.outcomes.push({ secretArn, token, event: error ? 'RotationFailed' : 'RotationSucceeded' });
  }

  /** The error of the step that failed. */
  private async takeSteps(secretArn: string, token: string): Promise<string | undefined> {
    for (const step of STEPS) {
      if (!this.aws.secrets.all.some(({ arn }) => arn === secretArn)) return 'the secret was deleted';
      const error = await this.invoke(secretArn, token, step);
      if (error) return error;
    }
    return undefined;
  }

  private async invoke(secretId: string, token: string, step: string): Promise<string | undefined> {
    const { arn, rotation } = this.aws.secrets.secret(secretId);
    if (!rotation) return 'rotation was cancelled';
    try {
      this.requirePermission(rotation.lambdaArn);
      return await this.lambda.invoke(rotation.lambdaArn, { Step: step, SecretId: arn, ClientRequestToken: token });
    } catch (error) {
      return (error as Error).message;
    }
  }

  private requirePermission(functionArn: string): void {
    const isAllowed = [...this.permissions].some(
      (permission) =>
        permission.functionArn === functionArn &&
        permission.principal === 'secretsmanager.amazonaws.com' &&
        permission.sourceAccount === this.aws.accountId,
    );
    if (!isAllowed) {
      throw new AwsError(
        400,
        'AccessDeniedException',
        `Secrets Manager cannot invoke the specified Lambda function: ${functionArn}`,
      );
    }
  }
}
