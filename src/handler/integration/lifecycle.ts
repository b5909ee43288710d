import { adoptIntegration } from './adopt';
import {
  ENV_API_KEY_FIELD, ENV_API_KEY_SECRET_ARN, ENV_IMMUTA_URL, IntegrationAttributes, PHYSICAL_ID_ADOPTED_SUFFIX, PHYSICAL_ID_NONE, PHYSICAL_ID_PREFIX,
} from '../contract';
import { createIntegration } from './create';
import { credentialsOf } from './credentials';
import { deleteIntegration } from './delete';
import { integrationConfig, locationOf, wantedIntegration } from './desired-state';
import { Job } from './job';
import { markOf } from './ownership';
import { failedPhysicalId } from './physical-id';
import { look } from './polling';
import { releaseCredentials } from './release-credentials';
import { updateIntegration } from './update';
import { FindRegisteredLocation } from '../aws/access-grants-locations';
import { ReadSecret } from '../aws/secrets-manager';
import { ApiKey } from '../immuta/api-key';
import { IntegrationRecord, IntegrationsClient } from '../immuta/client';
import { LONG_PATIENCE_MS, PATIENCE_MS } from '../immuta/retry';
import { Transport } from '../immuta/transport';
import { ResourceEvent } from '../protocol/event';
import { Work, WorkTools } from '../protocol/run';

export interface LifecycleOptions {
  /** The function's environment: it alone says which tenant is called, and with which key. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readSecret: ReadSecret;
  readonly findRegisteredLocation: FindRegisteredLocation;
}

/** Creates, updates and deletes integrations as CloudFormation asks. */
export function integrationLifecycle(options: LifecycleOptions): Work {
  return { perform: (event, tools) => carryOut(event, jobFor(event, tools, options)), failedPhysicalId };
}

async function carryOut(event: ResourceEvent, job: Job): ReturnType<Work['perform']> {
  switch (event.requestType) {
    case 'Create': {
      wantedIntegration(event.properties);
      const { Adopt: id } = event.properties;
      const record = id ? await adoptIntegration(job, id) : await createIntegration(job);
      if (!id) {
        await settleCredentials(job, record);
      }
      return { physicalId: `${PHYSICAL_ID_PREFIX}${record.id}${id ? PHYSICAL_ID_ADOPTED_SUFFIX : ''}`, attributes: attributesOf(record) };
    }
    case 'Update': {
      wantedIntegration(event.properties);
      const record = await updateIntegration(job);
      await settleCredentials(job, record);
      return { physicalId: updatedPhysicalId(event.physicalId, record), attributes: attributesOf(record) };
    }
    case 'Delete':
      await deleteIntegration(job);
      await releaseCredentials(job);
      return { physicalId: event.physicalId };
    default:
      throw new Error(`'${event.requestType}' is not a request type of CloudFormation's`);
  }
}

function settleCredentials(job: Job, record: IntegrationRecord): Promise<void> {
  return job.credentials.settle(record, () => look(job, record.id));
}

function jobFor(event: ResourceEvent, tools: WorkTools, options: LifecycleOptions): Job {
  const { deadline } = tools;
  const { findRegisteredLocation } = options;
  const location = locationOf(event.properties);
  const credentials = credentialsOf(event, tools, options);
  let immuta: IntegrationsClient | undefined;
  const job: Job = {
    ...tools,
    properties: event.properties,
    oldProperties: event.oldProperties,
    physicalId: event.physicalId,
    location,
    mark: markOf(event),
    calledUrl: options.environment[ENV_IMMUTA_URL],
    // a Delete that has nothing to ask does not fail for want of an address
    get immuta() {
      return immuta ??= clientFor(event, tools, options, job);
    },
    credentials,
    registeredLocation: () => findRegisteredLocation(location, event.properties.LocationRoleArn, deadline),
    config: async (name) => integrationConfig(event.properties, name, await credentials.forRequest()),
  };
  return job;
}

function clientFor(event: ResourceEvent, tools: WorkTools, { environment, readSecret }: LifecycleOptions, { credentials }: Pick<Job, 'credentials'>): IntegrationsClient {
  const { deadline, redaction, log, progress } = tools;
  const reading = { readSecret, deadline, redaction };
  const apiKey = new ApiKey({ ...reading, secretArn: fromEnvironment(environment, ENV_API_KEY_SECRET_ARN), field: environment[ENV_API_KEY_FIELD] });
  let learnt: Promise<void> | undefined;
  const transport = new Transport({
    baseUrl: fromEnvironment(environment, ENV_IMMUTA_URL),
    apiKey,
    deadline,
    log,
    redaction,
    // who answers 429 is there, and means to answer later
    patienceMs: (status) => event.requestType === 'Create' && !progress.mayHaveMade && status !== 429 ? PATIENCE_MS : LONG_PATIENCE_MS,
    onFailure: (message) => { progress.lastSeen = message; },
    learnSecrets: () => learnt ??= credentials.remember(),
  });
  return new IntegrationsClient(transport, redaction);
}

/** It stays, save one that says that there is nothing: its Delete would leave behind what this Update may have made. */
function updatedPhysicalId(physicalId: string, record: IntegrationRecord): string {
  return physicalId === PHYSICAL_ID_NONE ? PHYSICAL_ID_PREFIX + record.id : physicalId;
}

function fromEnvironment(environment: LifecycleOptions['environment'], name: string): string {
  const value = environment[name];
  if (!value) {
    throw new Error(`the handler function lacks its environment variable ${name}: deploy the stack of the ImmutaTenant again`);
  }
  return value;
}

function attributesOf({ id, name }: IntegrationRecord): IntegrationAttributes {
  return { IntegrationId: id, IntegrationName: name.slice(0, 512) }; // an answer has 4096 bytes
}
