import { CampaignSandbox } from './campaign-sandbox';
import { Excuses } from './excuses';
import { KILLED } from './in-process-runtime';
import { Edit, listIntegrations, listResources, OwnershipTracker, recordIdOf } from './ownership';
import { objectionToReason } from './remedies';
import { DATA_SOURCES_TYPE, INTEGRATION_TYPE } from './templates';
import { Stack } from '../sandbox/cloudformation';
import { DataSourceRecord, IntegrationRecord } from '../sandbox/immuta';
import { leaksIn, secretTexts } from '../sandbox/leaks';

export const VIOLATION_KINDS = [
  'orphan',
  'touched another owner',
  'live integration deleted',
  'live integration differs',
  'live data source differs',
  'missing answer',
  'secret',
  'no remedy',
  'answer too long',
  'handler failed',
  'stuck',
  'rollback failed',
  'failed edit succeeded',
  'runaway',
  'third key',
] as const;

/** A violated invariant. */
export interface Violation {
  readonly kind: (typeof VIOLATION_KINDS)[number];
  readonly text: string;
}

const USER_TYPE = 'AWS::IAM::User';
const MAXIMUM_ANSWER_BYTES = 4096;
/** Lambda repeats a run that fails twice. */
const MOST_RUNS = 3;
/** A run that waits gives its slot back after 8 minutes. */
const LONGEST_RUN_MS = 540_000;
/** An event that runs twice may write the same configuration again. */
const IN_FORCE = ['enabled', 'editing', 'editError', 'deleteError', 'recurringValidationError', 'migrateError'];

/** A stack in `*_COMPLETE` has its integration, with the configuration of the template. */
export function liveViolations(
  sandbox: CampaignSandbox,
  stack: Stack,
  tracker: OwnershipTracker,
  excuses: Excuses,
): Violation[] {
  if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack.status)) return [];
  // a resource whose creation failed remains after an update that was rolled back
  return listIntegrations(stack)
    .filter(({ failed }) => !failed)
    .flatMap((resource): Violation[] => {
      const id = recordIdOf(resource);
      const where = `${stack.name} is ${stack.status}, and its integration ${id}`;
      const record = id === undefined ? undefined : sandbox.immuta.integrations.get(id);
      if (id !== undefined && tracker.isTouched(id)) return [];
      if (!record || ['deleted', 'deleting'].includes(record.status)) {
        return [{ kind: 'live integration deleted', text: `${where} is ${record?.status ?? 'gone'}` }];
      }
      if (excuses.isLastUpdateUncertain(excuses.resourceOf(stack, resource.logicalId))) return [];
      const { LocationRoleArn, AuthenticationType, RoleToAssumeArn, IntegrationName } = resource.properties;
      const { config, status } = record;
      const differences = [
        ...(IN_FORCE.includes(status) ? [] : [`status ${status}`]),
        ...(config.awsLocationRole === LocationRoleArn ? [] : [`location role ${config.awsLocationRole}`]),
        ...(config.authenticationType === AuthenticationType ? [] : [`authentication ${config.authenticationType}`]),
        ...(AuthenticationType !== 'auto' || config.awsRoleToAssume === RoleToAssumeArn
          ? []
          : [`role ${config.awsRoleToAssume}`]),
        ...(!IntegrationName || config.name === IntegrationName || config.name.startsWith(`${IntegrationName}-`)
          ? []
          : [`name ${config.name}`]),
        ...(AuthenticationType !== 'accessKey' || sandbox.services.iam.accessKeyIds.includes(config.awsAccessKeyId!)
          ? []
          : ['an access key that is gone']),
      ];
      return differences.length > 0
        ? [{ kind: 'live integration differs', text: `${where} has ${differences.join(', ')}` }]
        : [];
    });
}

/** A stack in `*_COMPLETE` has its data sources, enabled and with their prefixes. */
export function liveDataSourceViolations(sandbox: CampaignSandbox, stack: Stack, excuses: Excuses): Violation[] {
  if (!/^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack.status)) return [];
  return listResources(stack, DATA_SOURCES_TYPE)
    .filter(
      ({ failed, logicalId }) =>
        !failed && !excuses.isLastUpdateRolledBackAtOnce(excuses.resourceOf(stack, logicalId)),
    )
    .flatMap(({ properties }) =>
      Object.entries(JSON.parse(properties.DataSources as string) as Record<string, string>).flatMap(
        ([name, prefix]): Violation[] => {
          const record = [...sandbox.immuta.dataSources.records.values()].find((each) => each.name === name);
          const wanted = `of integration ${properties.IntegrationId}, /${prefix}, enabled`;
          const got = record && `of integration ${record.integrationId}, ${record.prefix}, ${
            record.deleted ? 'disabled' : 'enabled'
          }`;
          const text = `${stack.name}: '${name}' is ${got ?? 'gone'}, not ${wanted}`;
          return got === wanted ? [] : [{ kind: 'live data source differs', text }];
        },
      ),
    );
}

/**
 * An edit ended in an error, but its event was answered with success. Not if another run of the event sent it after
 * that answer, while CloudFormation still showed the state before: the answer was right.
 */
export function failedEditViolations({ immuta, responses }: CampaignSandbox, tracker: OwnershipTracker): Violation[] {
  const isAnswered = ({ requestId, at }: Edit) =>
    responses.answers.some(({ at: answeredAt, body }) => {
      const { Status, RequestId } = JSON.parse(body) as { Status: string; RequestId: string };
      return Status === 'SUCCESS' && RequestId === requestId && answeredAt > at;
    });
  return [...immuta.integrations.values()]
    .filter(({ id, status }) => {
      const edit = tracker.lastEditOf(id);
      return status === 'editError' && edit && isAnswered(edit);
    })
    .map(({ id }) => ({ kind: 'failed edit succeeded', text: `integration ${id} is editError after a success` }));
}

/** After all stacks are deleted, nothing is left that they created and did not retain. */
export function orphanViolations(
  sandbox: CampaignSandbox,
  stacks: readonly Stack[],
  tracker: OwnershipTracker,
  excuses: Excuses,
): Violation[] {
  const { services, givenKeyId } = sandbox;
  const resources = stacks.flatMap((stack) => excuses.resourcesOf(stack));
  const mayLeave = (key: string | undefined) =>
    resources.some((resource) => resource.key === key && excuses.mayLeave(resource));
  const dataSources = [...sandbox.immuta.dataSources.records.values()];
  // an update that CloudFormation does not answer only disables what it may have adopted
  const isExcused = ({ id, deleted }: DataSourceRecord) =>
    mayLeave(tracker.registrarOf(id)) || (deleted && sandbox.cloudFormation.describe !== 'responds');
  // a data source that is left keeps its integration
  const isHeld = (integrationId: string) =>
    dataSources.some((each) => String(each.integrationId) === integrationId && isExcused(each));
  return [
    ...findIntegrations(sandbox, tracker, excuses)
      .filter(({ id }) => !mayLeave(tracker.creatorOf(id)) && !isHeld(id))
      .map(({ id, status, config }) => `integration ${id} (${config.name}, ${status}) is left`),
    ...dataSources
      .filter((each) => !isExcused(each))
      .map(({ id, name }) => `data source ${id} (${name}) is left`),
    ...findAccessKeys(sandbox, stacks, excuses).map((id) => `access key ${id} is left`),
  ]
    .map((text): Violation => ({ kind: 'orphan', text }))
    .concat(
      services.iam.accessKeyIds.includes(givenKeyId)
        ? []
        : [{ kind: 'touched another owner', text: `access key ${givenKeyId}, which the user gave, is gone` }],
    );
}

/** Returns the integrations that must have been deleted, and of which no reason or log tells the user. */
function findIntegrations(
  { immuta, responses, lambda }: CampaignSandbox,
  tracker: OwnershipTracker,
  excuses: Excuses,
): IntegrationRecord[] {
  const isReported = ({ id, status }: IntegrationRecord) =>
    (status === 'deleteError' &&
      responses.answers.some(({ body }) => body.includes('"FAILED"') && body.includes(`integration ${id}`))) ||
    (excuses.isStarved && lambda.invocations.some(({ output }) => isKept(output, id)));
  return [...immuta.integrations.values()].filter(
    (record) => record.status !== 'deleted' && tracker.isToBeDeleted(record.id) && !isReported(record),
  );
}

/** Returns the access keys that no integration holds, without those of a user that a stack retained. */
function findAccessKeys(
  { immuta, services: { iam }, givenKeyId }: CampaignSandbox,
  stacks: readonly Stack[],
  excuses: Excuses,
): string[] {
  const held = [...immuta.integrations.values()]
    .filter(({ status }) => status !== 'deleted')
    .map(({ config }) => config.awsAccessKeyId);
  const keysOf = (stack: Stack, isOf: (status: string) => boolean) =>
    stack.events
      .filter(({ type, status }) => type === USER_TYPE && isOf(status))
      .filter(({ physicalId }) => iam.exists(iam.userArn(physicalId)))
      .flatMap(({ physicalId }) => iam.accessKeys(physicalId).map(({ accessKeyId }) => accessKeyId));
  const excused = stacks.flatMap((stack) => {
    const integrations = excuses.resourcesOf(stack, [INTEGRATION_TYPE]);
    return integrations.some((each) => excuses.mayLeave(each) || excuses.isDeleteStarved(each))
      ? keysOf(stack, () => true)
      : keysOf(stack, (status) => status === 'DELETE_SKIPPED');
  });
  return iam.accessKeyIds.filter((id) => ![givenKeyId, ...held, ...excused].includes(id));
}

/** Whether a log says that an integration was kept, and what to do. */
function isKept(output: string, id: string): boolean {
  return output.split('\n').some((line) => line.includes('"keep-integration"') && line.includes(`integration ${id} `));
}

export function answerViolations({ responses }: CampaignSandbox): Violation[] {
  return responses.answers.flatMap(({ body }): Violation[] => {
    const { Status, Reason = '' } = JSON.parse(body) as { Status: string; Reason?: string };
    const objection = Status === 'FAILED' ? objectionToReason(Reason) : undefined;
    return [
      ...(Buffer.byteLength(body) <= MAXIMUM_ANSWER_BYTES
        ? []
        : [{ kind: 'answer too long', text: `${Buffer.byteLength(body)} bytes` } as const]),
      ...(objection === undefined ? [] : [{ kind: 'no remedy', text: `${objection}: ${Reason}` } as const]),
    ];
  });
}

/**
 * CloudFormation got no answer before the service timeout, although not every run of the event was killed. Not if none
 * ran because other events had all slots, and no run kept its slot for longer than it may.
 */
export function missingAnswers(
  { lambda }: CampaignSandbox,
  stacks: readonly Stack[],
  excuses: Excuses,
): Violation[] {
  const kills = new Map<string, number>();
  for (const { event, error } of lambda.invocations) {
    if (error === KILLED) kills.set(event.RequestId, (kills.get(event.RequestId) ?? 0) + 1);
  }
  const isSlotKept = lambda.invocations.some(
    ({ startedAt, endedAt = Infinity }) => endedAt - startedAt > LONGEST_RUN_MS,
  );
  const isStarved = (requestId: string, timestamp: number) =>
    excuses.isStarved &&
    !isSlotKept &&
    !lambda.invocations.some(({ event, startedAt }) => event.RequestId === requestId && startedAt < timestamp);
  return stacks
    .flatMap(({ events }) => events)
    .filter(({ reason }) => reason?.startsWith('CloudFormation did not receive a response'))
    .filter(({ reason, timestamp }) => {
      const [, requestId = ''] = /requestId \[(.*?)\]/.exec(reason!) ?? [];
      return (kills.get(requestId) ?? 0) < MOST_RUNS && !isStarved(requestId, timestamp);
    })
    .map(({ logicalId, status }) => ({ kind: 'missing answer', text: `${logicalId} ${status}` }));
}

/** A secret is in a log, an answer, an event or the events of a stack. */
export function secretViolations(
  { services, immuta, responses, lambda }: CampaignSandbox,
  stacks: readonly Stack[],
): Violation[] {
  const secrets = [
    ...services.secrets.everyValue.flatMap(({ name, value }) => secretTexts(name, value)),
    ...[...immuta.apiKeys.every].map((value) => ({ name: 'an API key of Immuta', value })),
    ...[...services.iam.everySecretKey]
      .filter(([id]) => id.startsWith('AKIA'))
      .map(([id, value]) => ({ name: `the secret access key of ${id}`, value })),
  ];
  const urls = responses.everyToken.map((value) => ({ name: 'a response URL', value }));
  const events = JSON.stringify(lambda.invocations.map(({ event }) => event));
  const written = {
    logs: lambda.invocations.map(({ output }) => output).join('\n'),
    answers: responses.answers.map(({ body }) => body).join('\n'),
    stacks: JSON.stringify(stacks.map((stack) => stack.events)),
  };
  return [...leaksIn({ events }, secrets), ...leaksIn(written, [...secrets, ...urls])].map((text) => ({
    kind: 'secret',
    text,
  }));
}

/** A run of the function failed that the history did not kill, or requested what IAM must refuse. */
export function failedRuns({ lambda, network, thirdKeys }: CampaignSandbox): Violation[] {
  const failed = lambda.invocations.filter(({ error }) => error && error !== KILLED);
  return [
    ...failed.map(({ error }): Violation => ({ kind: 'handler failed', text: error! })),
    ...(network.isOverrun ? [{ kind: 'runaway', text: `${network.total} exchanges` } as const] : []),
    ...thirdKeys.map((user): Violation => ({ kind: 'third key', text: `of user ${user}` })),
  ];
}
