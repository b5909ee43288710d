import { Action, Authentication, History, Step, UserName, USERS } from './history';
import { Response, ManagedKeysSandbox } from './managed-keys-sandbox';
import { CODE_FOLDER } from '../campaign/templates';
import { SecretVersion } from '../sandbox/aws';
import { leaksIn, NamedSecret } from '../sandbox/leaks';

type Wanted = Pick<Resource, 'authentication' | 'revision'>;

/** A resource that CloudFormation has. */
interface Resource {
  readonly physicalId: string;
  readonly authentication: Authentication;
  readonly revision: number;
  /** An update and its rollback failed: `continue-update-rollback` sends it again. */
  readonly rollsBackFrom?: Wanted;
  /** A deletion failed, or a creation and then its rollback: the stack can only be deleted. */
  readonly isToBeDeleted?: boolean;
}

const IN_CREATION_OR_DELETION = ['creating', 'createError', 'deleting', 'deleted', 'deleteError'];
const MOST_VIOLATIONS = 3;

/**
 * Runs a history, ends all faults, deploys, rotates and destroys. Returns which invariants were violated.
 *
 * @param codeFolder of the handler. @default - the packaged one
 */
export async function runHistory(
  history: History,
  note?: (line: string) => void,
  codeFolder?: string,
): Promise<string[]> {
  return new HistoryRun(history, note, codeFolder).run();
}

class HistoryRun {
  private readonly sandbox: ManagedKeysSandbox;
  private readonly violations: string[] = [];
  private readonly deletedByHand = new Set<string>();
  /** Keys of other owners, by their users. */
  private readonly foreign = new Map<string, UserName>();
  private readonly pending: Promise<unknown>[] = [];
  private resource?: Resource;
  private revision = 0;
  private isDeploying = false;

  constructor(
    private readonly history: History,
    private readonly note: (line: string) => void = () => {},
    codeFolder = CODE_FOLDER,
  ) {
    this.sandbox = new ManagedKeysSandbox(
      history.behaviour,
      (label) => this.checkHeldKey(label),
      (line) => note(`${new Date(this.sandbox.clock.now()).toISOString().slice(11, 23)} ${line}`),
      codeFolder,
    );
  }

  async run(): Promise<string[]> {
    this.sandbox.clock.advance(3_600_000);
    for (const [index, step] of this.history.steps.entries()) {
      await (step.after === undefined ? this.waitForAll() : this.sandbox.scheduler.sleep(step.after * 1_000));
      this.note(`── ${index + 1}. ${JSON.stringify(step.action)}`);
      if (step.after === undefined) this.setFaults(step);
      this.pending.push(this.act(step.action));
    }
    await this.end();
    this.violations.unshift(...this.sandbox.thirdKeys.map((user) => `a third key of ${user} is requested`));
    this.checkSecrets();
    return this.violations.slice(0, MOST_VIOLATIONS);
  }

  private async waitForAll(): Promise<void> {
    await Promise.all(this.pending.splice(0));
  }

  /** Of this step, and of those that begin before its end. */
  private setFaults({ faults, deliveries, refused, end }: Omit<Step, 'action'>): void {
    const { network, lambda, immuta } = this.sandbox;
    network.beginStep(faults);
    lambda.deliveries = [...deliveries];
    this.sandbox.refused = refused && { ...refused };
    immuta.faults.clear();
    const secret = this.sandbox.record?.config.awsSecretAccessKey;
    if (end) immuta.faults.transition({ ...end, message: `SignatureDoesNotMatch: ${secret ?? 'no key'}` });
  }

  private async act(action: Action): Promise<void> {
    switch (action.type) {
      case 'deploy':
        return this.operate(() => this.deploy(action.authentication));
      case 'destroy':
        // Immuta needs the key to delete the integration: who deleted that deploys first, for another one
        return this.deletedByHand.has(this.sandbox.heldKey ?? '') ? undefined : this.operate(() => this.destroy());
      case 'rotate':
        return this.sandbox.rotate();
      case 'add a key':
        return this.addForeignKey(action.user);
      case 'delete the held key':
        return this.deleteHeldKey();
      case 'delete the integration':
        return this.sandbox.deleteIntegration();
    }
  }

  // ----- CloudFormation

  /** A stack has one operation at a time. */
  private async operate(act: () => Promise<void>): Promise<void> {
    if (this.isDeploying) return;
    this.isDeploying = true;
    await act();
    const { authentication, rollsBackFrom, isToBeDeleted } = this.resource ?? {};
    if (!authentication || (!isManaged(authentication) && !rollsBackFrom && !isToBeDeleted)) {
      this.sandbox.deleteSecret();
    }
    this.isDeploying = false;
  }

  private async deploy(authentication: Authentication): Promise<void> {
    if (this.resource?.isToBeDeleted) await this.destroy();
    if (this.resource?.rollsBackFrom) await this.rollBack(this.resource, this.resource.rollsBackFrom);
    if (this.resource?.isToBeDeleted || this.resource?.rollsBackFrom) return;
    const wanted = { authentication, revision: ++this.revision };
    if (!this.resource) return this.create(wanted);
    const old = this.resource;
    const { Status } = await this.update(old.physicalId, wanted, old);
    if (Status === 'FAILED') return this.rollBack(old, wanted);
    this.resource = { physicalId: old.physicalId, ...wanted };
    this.checkUsers(authentication);
  }

  private async create(wanted: Wanted): Promise<void> {
    const { Status, PhysicalResourceId: physicalId } = await this.send('Create', this.properties(wanted));
    this.resource = { physicalId, ...wanted, isToBeDeleted: Status === 'FAILED' };
    if (Status === 'FAILED') await this.destroy();
  }

  private async rollBack(old: Resource, failed: Wanted): Promise<void> {
    const { Status } = await this.update(old.physicalId, old, failed);
    this.resource = { ...old, rollsBackFrom: Status === 'FAILED' ? failed : undefined };
    if (Status === 'SUCCESS') this.checkUsers(old.authentication);
  }

  private update(physicalId: string, to: Wanted, from: Wanted): Promise<Response> {
    const more = { PhysicalResourceId: physicalId, OldResourceProperties: this.properties(from) };
    return this.send('Update', this.properties(to), more);
  }

  private async destroy(): Promise<void> {
    if (!this.resource) return;
    const { physicalId: PhysicalResourceId } = this.resource;
    const { Status } = await this.send('Delete', this.properties(this.resource), { PhysicalResourceId });
    this.resource = Status === 'SUCCESS' ? undefined : { ...this.resource, isToBeDeleted: true };
    if (Status === 'SUCCESS') this.checkUsers();
  }

  private properties({ authentication, revision }: Wanted) {
    return this.sandbox.propertiesFor(authentication, revision);
  }

  private async send(...[type, properties, more]: Parameters<ManagedKeysSandbox['send']>): Promise<Response> {
    const response = await this.sandbox.send(type, properties, more);
    this.note(`── ${type} ${response.Status} ${response.PhysicalResourceId} ${response.Reason ?? ''}`);
    return response;
  }

  // ----- persons

  private addForeignKey(user: UserName): void {
    if (this.sandbox.keysOf(user).length === 2) return;
    this.foreign.set(this.sandbox.aws.iam.createAccessKey(user).accessKeyId, user);
  }

  private deleteHeldKey(): void {
    const { heldKey, keys, aws } = this.sandbox;
    if (heldKey === undefined || !keys.includes(heldKey) || this.isDeploying || this.resource?.isToBeDeleted) return;
    this.deletedByHand.add(heldKey);
    aws.iam.deleteAccessKey(heldKey);
  }

  // ----- invariants

  /** At every moment, the key that Immuta holds exists, or the integration is being created or deleted. */
  private checkHeldKey(when: string): void {
    const { record, aws } = this.sandbox;
    const { status = 'deleted', config: { authenticationType, awsAccessKeyId = '' } = {} } = record ?? {};
    if (authenticationType !== 'accessKey' || IN_CREATION_OR_DELETION.includes(status)) return;
    if (aws.iam.accessKeyIds.includes(awsAccessKeyId) || this.deletedByHand.has(awsAccessKeyId)) return;
    this.violations.push(`after ${when}, Immuta holds ${awsAccessKeyId} (${status}), which is gone`);
  }

  /** CloudFormation can delete each user but the one that the integration has. */
  private checkUsers(current?: Authentication): void {
    for (const user of USERS.filter((each) => each !== current)) {
      const left = this.sandbox.keysOf(user).filter((key) => !this.foreign.has(key));
      if (left.length > 0) this.violations.push(`${user} has ${left.join(' and ')}, so it cannot be deleted`);
    }
  }

  /** After the end of all faults, everything succeeds and nothing is left. */
  private async end(): Promise<void> {
    await this.waitForAll();
    const { sandbox } = this;
    this.note('── the faults end');
    const last = this.history.steps.map(({ action }) => action).filter((action) => action.type === 'deploy').at(-1);
    this.setFaults({ faults: [], deliveries: [0] });
    await sandbox.rotate();
    await sandbox.scheduler.idle();
    // an update that finds an integration that is being deleted fails: the deletion may be intended
    sandbox.clock.advance(sandbox.immuta.switches.durations.deleting);
    await sandbox.clock.settled();
    this.note('── the end');
    for (const [key, user] of this.foreign) {
      if (!sandbox.keysOf(user).includes(key)) this.violations.push(`the key ${key} of another owner is gone`);
      else sandbox.aws.iam.deleteAccessKey(key);
    }
    const authentication = last?.type === 'deploy' && isManaged(last.authentication) ? last.authentication : USERS[0];
    await this.operate(() => this.deploy(authentication));
    this.checkOrder('deployment', authentication);
    await sandbox.rotate();
    this.checkOrder('rotation', authentication);
    await this.operate(() => this.destroy());
    await sandbox.scheduler.idle();
    if (this.resource) this.violations.push(`the last deletion fails: ${this.lastReason()}`);
    if (sandbox.record) this.violations.push(`the integration is left, ${sandbox.record.status}`);
    if (sandbox.keys.length > 0) this.violations.push(`${sandbox.keys.join(' and ')} is left`);
  }

  /** The secret names the one key that Immuta holds and IAM has, and nothing is under way. */
  private checkOrder(after: string, user: Authentication): void {
    const { record, secret, keys, heldKey, keysOf } = this.sandbox;
    if (this.resource?.authentication !== user || this.resource.rollsBackFrom || this.resource.isToBeDeleted) {
      this.violations.push(`the last ${after} fails: ${this.lastReason()}`);
      return;
    }
    // a rotation that failed before there was a key is repeated by the next one, with the same empty version
    const isShown = ({ value, labels }: SecretVersion) =>
      [...labels].some((label) => label !== 'AWSPREVIOUS') && (value !== undefined || after === 'rotation');
    const versions = [...secret!.versions.values()].filter(isShown);
    const found = {
      status: record?.status,
      keys,
      ofUser: keysOf.call(this.sandbox, user as UserName),
      versions: versions.map(({ value, labels }) => {
        const { accessKeyId } = JSON.parse(String(value ?? '{}')) as { accessKeyId?: string };
        return [accessKeyId, [...labels].sort()];
      }),
      tags: [...secret!.tags].map(([key, value]) => [key, /:tenant$/.test(key) ? 'a digest' : value]),
    };
    const expected = {
      status: 'enabled',
      keys: [heldKey],
      ofUser: [heldKey],
      versions: [[heldKey, ['AWSCURRENT', `access-key-${heldKey}`]]],
      tags: [
        ['cdk-immuta-s3-integration:integration-id', record?.id],
        ['cdk-immuta-s3-integration:tenant', 'a digest'],
      ],
    };
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      this.violations.push(`after the last ${after}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
    }
  }

  private lastReason(): string | undefined {
    const { answers } = this.sandbox.responses;
    return answers.map(({ body }) => (JSON.parse(body) as Response).Reason).filter(Boolean).at(-1);
  }

  /** No secret is in a log, reason, attribute or event, and no reason tells of a defect. */
  private checkSecrets(): void {
    const { aws, lambda, responses } = this.sandbox;
    const secrets = [...aws.iam.everySecretKey]
      .filter(([id]) => id.startsWith('AKIA'))
      .map(([id, value]): NamedSecret => ({ name: `the secret of ${id}`, value }));
    const written = {
      logs: lambda.invocations.map(({ output }) => output).join('\n'),
      errors: lambda.invocations.map(({ error = '' }) => error).join('\n'),
      events: JSON.stringify(lambda.invocations.map(({ event }) => event as object)),
      responses: responses.answers.map(({ body }) => body).join('\n'),
    };
    this.violations.push(...leaksIn(written, secrets));
    const defect = /[^"]*(UNEXPECTED_ERROR|\bundefined\b|\[object )[^"]*/.exec(written.responses + written.errors);
    if (defect) this.violations.push(`a reason tells of a defect: ${defect[0]}`);
  }
}

function isManaged(authentication: Authentication): authentication is UserName {
  return USERS.some((user) => user === authentication);
}
