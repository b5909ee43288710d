import { AwsError, AwsServices } from '../aws';
import { SandboxClock } from '../clock';
import { DataSourceSwitches, DEFAULT_DATA_SOURCE_SWITCHES } from './data-sources';
import { FaultScript } from './faults';
import { LaggingReads, Write, WriteLag } from './lagging-reads';
import { ImmutaError, IN_TRANSITION, IntegrationRecord, S3Config, ValidationResults } from './model';
import {
  readCredentials,
  ImmutaIdentity,
  parseInstance,
  LocationExists,
  validate,
  ValidationSubject,
} from './validation';

/** Where Immuta's documentation says nothing, or two things, the sandbox has a switch. */
export interface Switches {
  /** How long each transition takes, in virtual ms; `Infinity` if it never ends. */
  durations: { creating: number; editing: number; deleting: number };
  /**
   * How failed validation shows: 422 with or without results, 200 with a record in `createError`, or `createError`
   * later.
   */
  validationFailure: 'unprocessable' | 'unprocessable-bare' | 'ok' | 'createError';
  /** Whether what AWS said about a failed transition is in the record's validation results. */
  explainsErrors: boolean;
  /** Whether a delete of a `createError` record, too, must pass the tests. */
  testsDeleteOfCreateError: boolean;
  /** After a delete, whether the record stays, with status `deleted`. */
  keepsDeleted: boolean;
  /** What an edit of `awsLocationRole` does: change the location, or store it and leave AWS alone. */
  locationRoleEdit: 'update' | 'record-only';
  /** Fields of `config` that an edit is answered well for and does not store. */
  ignoredByEdit: (keyof S3Config)[];
  /** Whether answers show access keys, ids included, as stars. */
  masksKeys: boolean;
  /** Whether answers leave access keys out. */
  omitsKeys: boolean;
  /** Whether answers show the slash at the end of `awsLocationPath`. */
  keepsLastSlash: boolean;
  /** How long `GET /integrations/{id}` and `GET /integrations` show the state before a write. */
  readLag: { get: WriteLag; list: WriteLag };
  /**
   * What repairs an integration in `createError`: a delete and another POST, or a PUT, in which case another POST is
   * refused.
   */
  createErrorRepair: 'delete' | 'put';
  /** Whether an instance with a location takes no integration. */
  needsEmptyInstance: boolean;
  /** Whether `awsRoleToAssume` is a field of `config`. */
  knowsRoleToAssume: boolean;
  /** Fields of `config` whose change an edit refuses. */
  nonEditable: (keyof S3Config)[];
  dataSources: DataSourceSwitches;
}

export const DEFAULT_SWITCHES: Switches = {
  durations: { creating: 20_000, editing: 10_000, deleting: 15_000 },
  validationFailure: 'unprocessable',
  explainsErrors: true,
  testsDeleteOfCreateError: true,
  keepsDeleted: false,
  locationRoleEdit: 'update',
  ignoredByEdit: [],
  masksKeys: false,
  omitsKeys: false,
  keepsLastSlash: true,
  readLag: { get: { create: 0, edit: 0, delete: 0 }, list: { create: 0, edit: 0, delete: 0 } },
  createErrorRepair: 'delete',
  needsEmptyInstance: false,
  knowsRoleToAssume: true,
  nonEditable: ['awsAccountId', 'awsRegion', 'awsLocationPath'],
  dataSources: DEFAULT_DATA_SOURCE_SWITCHES,
};

type Transition = keyof Switches['durations'];

const WRITE_OF: Record<Transition, Write> = { creating: 'create', editing: 'edit', deleting: 'delete' };

/** From these, Immuta only deletes, except from `createError` if a PUT repairs it. */
const NOT_EDITABLE = ['createError', 'disabled', 'deleted'];

/** Immuta's integrations: what each call checks, what it sets going, and what that does in AWS. */
export class Integrations {
  readonly records = new Map<string, IntegrationRecord>();
  private readonly reads: LaggingReads<IntegrationRecord>;
  private nextId = 101;

  constructor(
    private readonly clock: SandboxClock,
    private readonly aws: AwsServices,
    private readonly identity: ImmutaIdentity,
    private readonly faults: FaultScript,
    readonly switches: Switches,
  ) {
    this.reads = new LaggingReads(clock, this.records);
  }

  async create(config: S3Config): Promise<IntegrationRecord> {
    const { validationFailure } = this.switches;
    this.refuseSecondCreate(config);
    this.refuseUsedInstance(config);
    const results = await this.validate({ config, others: this.others() }, 'create');
    const failed = results.status === 'failed';
    if (failed && results.validationTests.some(({ message }) => message === LocationExists.MESSAGE)) {
      throw new ImmutaError(409, LocationExists.MESSAGE);
    }
    if (failed && validationFailure.startsWith('unprocessable')) throw this.unprocessable('create', results);

    const record = this.add(config, failed && validationFailure === 'createError' ? asPassed(results) : results);
    if (failed && validationFailure === 'ok') {
      record.status = 'createError';
      this.reads.note(record.id, 'create');
      return record;
    }
    this.begin(record, 'creating', 'create', async () => {
      if (failed) throw new TransitionFailed(results);
      record.locationId = await this.register(config);
    });
    return record;
  }

  async edit(id: string, config: S3Config): Promise<IntegrationRecord> {
    const record = this.require(id, `No integration found with ID ${id}.`);
    const repairs = record.status === 'createError' && this.switches.createErrorRepair === 'put';
    if (IN_TRANSITION.includes(record.status) || (NOT_EDITABLE.includes(record.status) && !repairs)) {
      throw inState('edit', record);
    }
    const before = record.config;
    const changed = this.switches.nonEditable.filter((key) => config[key] !== before[key]);
    if (changed.length > 0) {
      throw new ImmutaError(
        400,
        `Unable to edit integration due to changes of non-editable attribute(s): ${changed.join(', ')}.`,
      );
    }
    const results = await this.validate({ config, own: record, others: this.others(record) }, 'edit');
    if (results.status === 'failed') throw this.unprocessable('edit', results);

    const kept = Object.fromEntries(this.switches.ignoredByEdit.map((key) => [key, before[key]]));
    record.config = { ...config, ...kept };
    record.validationResults = results;
    if (repairs) {
      this.begin(record, 'editing', 'create', async () => {
        record.locationId = await this.register(record.config);
      });
      return record;
    }
    this.begin(
      record,
      'editing',
      'edit',
      async () => {
        if (record.config.awsLocationRole !== before.awsLocationRole && this.switches.locationRoleEdit === 'update') {
          await this.updateRole(record);
        }
      },
      () => {
        record.config = before;
      },
    );
    return record;
  }

  async delete(id: string): Promise<IntegrationRecord> {
    const record = this.require(id, `No integration found with ID ${id}.`);
    if (IN_TRANSITION.includes(record.status)) throw inState('delete', record);
    if (record.status !== 'createError' || this.switches.testsDeleteOfCreateError) {
      record.validationResults = await this.validate({ config: record.config, own: record, others: [] }, 'delete');
      if (record.validationResults.status === 'failed') throw this.unprocessable('delete', record.validationResults);
    }
    this.begin(record, 'deleting', 'delete', () => this.unregister(record));
    return record;
  }

  /** The record as GET finds it, `deleted` ones included. */
  get(id: string): IntegrationRecord {
    const record = this.reads.find(id, this.switches.readLag.get);
    if (!record) throw new ImmutaError(404, `No Integration found with ID ${id}.`);
    return record;
  }

  /** The records as a list shows them, `deleted` ones included. */
  list(): IntegrationRecord[] {
    return this.reads.list(this.switches.readLag.list);
  }

  /** Adds an integration that was created by hand, enabled and with its location, without checks. */
  async createByHand(config: S3Config): Promise<IntegrationRecord> {
    const { accountId, region } = parseInstance(config);
    const { id } = await this.aws.accessGrants.createLocation(
      accountId,
      region,
      config.awsLocationPath,
      config.awsLocationRole,
    );
    return this.addRecord({ config, locationId: id });
  }

  /** Puts a record there as it is, and nothing into AWS. */
  addRecord({
    config,
    id,
    ...more
  }: Partial<IntegrationRecord> & Pick<IntegrationRecord, 'config'>): IntegrationRecord {
    const record = Object.assign(
      this.add(config, { status: 'passed', validationTests: [] }, id),
      { status: 'enabled' },
      more,
    );
    this.reads.note(record.id, 'create', -Infinity);
    return record;
  }

  /** Changes a record as a person does. It takes no time to show. */
  changeByHand(id: string, config: Partial<S3Config>): void {
    const record = this.records.get(id)!;
    record.config = { ...record.config, ...config };
    this.reads.note(id, 'edit', -Infinity);
  }

  private async validate(subject: ValidationSubject, on: string): Promise<ValidationResults> {
    return validate(subject, on, this.aws, this.identity, this.faults.takeValidation(on, false));
  }

  /** Sets a transition going; `undo` is Immuta's "rolled back to the previous state". */
  private begin(
    record: IntegrationRecord,
    transition: Transition,
    verb: string,
    work: () => Promise<void>,
    undo = () => {},
  ): void {
    const forced = this.faults.takeValidation(verb, true);
    record.status = transition;
    this.reads.note(record.id, WRITE_OF[transition]);
    this.clock.at(this.clock.now() + this.switches.durations[transition], async () => {
      if (record.status !== transition) return; // a test has taken the record over
      const fault = this.faults.takeTransition(transition);
      if (fault) {
        Object.assign(record, { status: fault.to, message: fault.message });
        undo();
        return this.reads.note(record.id, WRITE_OF[transition]);
      }
      try {
        const subject = { config: record.config, own: record, others: this.others(record) };
        if (forced) throw new TransitionFailed(await validate(subject, verb, this.aws, this.identity, forced));
        await work();
        this.end(record, transition);
      } catch (error) {
        this.fail(record, `${verb}Error`, error);
        undo();
      }
      this.reads.note(record.id, WRITE_OF[transition]);
    });
  }

  private end(record: IntegrationRecord, transition: Transition): void {
    record.status = transition === 'deleting' ? 'deleted' : 'enabled';
    if (record.status === 'deleted' && !this.switches.keepsDeleted) this.records.delete(record.id);
  }

  private fail(record: IntegrationRecord, status: string, error: unknown): void {
    record.status = status;
    if (error instanceof TransitionFailed) {
      record.validationResults = error.results;
    } else if (!(error instanceof AwsError)) {
      throw error;
    } else if (this.switches.explainsErrors) {
      // the documentation names no test for this
      const test = {
        name: 'The change was made in AWS',
        status: 'failed',
        message: `${error.code}: ${error.message}`,
      } as const;
      record.validationResults = {
        status: 'failed',
        validationTests: [...record.validationResults.validationTests, test],
      };
    }
  }

  // ----- what Immuta does in AWS, with the credentials of the integration

  private async register(config: S3Config): Promise<string> {
    const caller = await this.caller(config);
    if (!(await this.aws.iam.authorize(caller, 'iam:GetRole', config.awsLocationRole))) {
      throw new AwsError(
        403,
        'AccessDenied',
        `User: ${caller} is not authorized to perform: iam:GetRole on resource: ${config.awsLocationRole}`,
      );
    }
    const input = {
      ...parseInstance(config),
      LocationScope: config.awsLocationPath,
      IAMRoleArn: config.awsLocationRole,
    };
    return (await this.aws.s3Control.execute(caller, 'CreateAccessGrantsLocation', input)).AccessGrantsLocationId;
  }

  /** A policy in Immuta subscribes the role to a prefix below the location, such as `orders/`: it may read it. */
  async subscribe(id: string, prefix: string, roleArn: string): Promise<void> {
    const { config, locationId } = this.require(id, `No integration found with ID ${id}.`);
    await this.aws.s3Control.execute(await this.caller(config), 'CreateAccessGrant', {
      ...parseInstance(config),
      AccessGrantsLocationId: locationId,
      AccessGrantsLocationConfiguration: { S3SubPrefix: `${prefix}*` },
      Grantee: { GranteeType: 'IAM', GranteeIdentifier: roleArn },
      Permission: 'READ',
    });
  }

  private async updateRole({ config, locationId }: IntegrationRecord): Promise<void> {
    const input = { ...parseInstance(config), AccessGrantsLocationId: locationId, IAMRoleArn: config.awsLocationRole };
    await this.aws.s3Control.execute(await this.caller(config), 'UpdateAccessGrantsLocation', input);
  }

  private async unregister({ config, locationId }: IntegrationRecord): Promise<void> {
    if (locationId === undefined) return;
    const caller = await this.caller(config);
    const { accountId, region } = parseInstance(config);
    await this.aws.s3Control.execute(caller, 'ListAccessGrants', { accountId, region });
    const grants = [...this.aws.accessGrants.instance(accountId, region).grants.values()].filter(
      (grant) => grant.locationId === locationId,
    );
    for (const grant of grants) {
      await this.aws.s3Control.execute(caller, 'DeleteAccessGrant', { accountId, region, AccessGrantId: grant.id });
    }
    if (!this.aws.accessGrants.locations(accountId, region).some(({ id }) => id === locationId)) return;
    await this.aws.s3Control.execute(caller, 'DeleteAccessGrantsLocation', {
      accountId,
      region,
      AccessGrantsLocationId: locationId,
    });
  }

  private async caller(config: S3Config): Promise<string> {
    const caller = await readCredentials(config, this.aws, this.identity);
    if (!caller) throw new AwsError(403, 'AccessDenied', 'The security token included in the request is invalid.');
    return caller;
  }

  // ----- records

  private add(config: S3Config, validationResults: ValidationResults, id = String(this.nextId++)): IntegrationRecord {
    const record = { id, status: 'creating', validationResults, config };
    this.records.set(record.id, record);
    return record;
  }

  /** After `createError`, a POST is refused if a PUT is the repair. */
  private refuseSecondCreate(config: S3Config): void {
    if (this.switches.createErrorRepair !== 'put') return;
    const failed = this.others().find(
      (other) => other.status === 'createError' && hasSameLocation(other.config, config),
    );
    if (!failed) return;
    throw new ImmutaError(
      400,
      `Use PUT /integrations/${failed.id} endpoint to update connection information for Native S3 ` +
        `(id = ${failed.id}) that previously failed to create.`,
    );
  }

  private refuseUsedInstance(config: S3Config): void {
    const { accountId, region } = parseInstance(config);
    if (!this.switches.needsEmptyInstance || this.aws.accessGrants.locations(accountId, region).length === 0) return;
    throw new ImmutaError(400, 'A location is registered in the Access Grants instance.');
  }

  private others(own?: IntegrationRecord): IntegrationRecord[] {
    return [...this.records.values()].filter((record) => record !== own && record.status !== 'deleted');
  }

  private require(id: string, message: string): IntegrationRecord {
    const record = this.records.get(id);
    if (!record || record.status === 'deleted') throw new ImmutaError(404, message);
    return record;
  }

  private unprocessable(verb: string, results: ValidationResults): ImmutaError {
    const message = `Validation of prerequisite setup failed. Unable to ${verb} integration.`;
    return new ImmutaError(
      422,
      message,
      this.switches.validationFailure === 'unprocessable-bare' ? undefined : results,
    );
  }
}

function hasSameLocation(a: S3Config, b: S3Config): boolean {
  return (['awsAccountId', 'awsRegion', 'awsLocationPath'] as const).every((key) => a[key] === b[key]);
}

class TransitionFailed extends Error {
  constructor(readonly results: ValidationResults) {
    super('a validation test failed');
  }
}

/** Returns the results before any test has run. */
function asPassed({ validationTests }: ValidationResults): ValidationResults {
  return { status: 'passed', validationTests: validationTests.map(({ name }) => ({ name, status: 'passed' })) };
}

function inState(verb: string, { id, status }: IntegrationRecord): ImmutaError {
  return new ImmutaError(409, `Unable to ${verb} integration with ID ${id} in current state ${status}.`);
}
