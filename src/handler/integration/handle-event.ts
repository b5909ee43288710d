import { adoptIntegration } from './adopt';
import { IntegrationContext, IntegrationContextOptions, createIntegrationContext } from './context';
import { createIntegration } from './create';
import { CreationState } from './creation-state';
import { Credentials, createCredentials, releaseCredentials } from './credentials';
import { deleteIntegration, isIntegrationLeft, isPredecessorLeft } from './delete';
import { deleteAbandoned, deleteFailedDuplicates } from './delete-abandoned';
import { reportDeployment } from './deployment-metrics';
import { diagnoseFailure } from './diagnosis';
import { deriveOwnership } from './ownership';
import { waitForSteadyStatus } from './record-status';
import {
  CreateRequest,
  IntegrationRequest,
  parseCreateRequest,
  parseIntegrationRequest,
  parseUpdateRequest,
  UpdateRequest,
} from './request';
import { adviseOnRestrictions } from './restrictions';
import { canHoldKey, updateIntegration } from './update';
import { prepareNetwork, prepareNetworkIfPossible } from '../aws/network';
import {
  IntegrationAttributes,
  PHYSICAL_ID_ADOPTED_SUFFIX,
  PHYSICAL_ID_NONE,
  PHYSICAL_ID_PREFIX,
  PHYSICAL_ID_UNKNOWN,
} from '../contract';
import { Failure, createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { ResourceEvent } from '../protocol/event';
import { EventTools } from '../protocol/event-tools';
import { Outcome } from '../protocol/outcome';
import { HandleEvent } from '../protocol/run';
import { OutOfTime } from '../runtime/deadline';
import { bestEffort, Log } from '../runtime/log';

const LONGEST_NAME = 256;

/** Handles the events of `Custom::ImmutaS3Integration`. */
export function handleIntegrationEvent(options: IntegrationContextOptions): HandleEvent {
  return async (event, tools) => {
    const state = new CreationState(tools.earlierRuns, event.requestType === 'Create');
    try {
      return await performRequest(event, tools, options, state);
    } catch (error) {
      const { isAnswerLost, updatedAt } = state;
      const physicalId = formatFailedPhysicalId(event, state);
      state.recordRequest(); // from now on, another run may be under way
      return {
        error: await diagnose(error),
        physicalId,
        physicalIdIfRunning: formatFailedPhysicalId(event, state),
        isAnswerLost,
        updatedAt,
      };
    }

    async function diagnose(error: unknown): Promise<unknown> {
      const findings = await diagnoseFailure(error, event.properties, { ...tools, s3Control: options.s3Control });
      return error instanceof Failure ? adviseOnRestrictions(error.withDetail(findings.join('; '))) : error;
    }
  };
}

async function performRequest(
  event: ResourceEvent,
  tools: EventTools,
  options: IntegrationContextOptions,
  state: CreationState,
): Promise<Outcome> {
  await (event.requestType === 'Delete' ? prepareNetworkIfPossible : prepareNetwork)(options.environment, tools);
  const credentials = createCredentials(event, tools, options.environment);
  const prepareContext = async (request: IntegrationRequest) => {
    await credentials.remember();
    return createIntegrationContext(request, credentials, tools, options);
  };
  switch (event.requestType) {
    case 'Create': {
      const request = parseCreateRequest(event);
      return createOrAdopt(event, await prepareContext(request), request, state);
    }
    case 'Update': {
      const request = parseUpdateRequest(event);
      const context = await prepareContext(request);
      const createPatientContext = () =>
        createIntegrationContext(
          request,
          credentials,
          { ...tools, deadline: tools.deadline.withCleanupTime() },
          options,
        );
      const record = await update(context, request, state, createPatientContext);
      reportDeployment(event, record, tools.log, tools.deadline.now());
      // a physical ID never changes, except `none`: its Delete would leave behind what this Update created
      const { physicalId } = event;
      return {
        physicalId: physicalId === PHYSICAL_ID_NONE ? PHYSICAL_ID_PREFIX + record.id : physicalId,
        attributes: renderAttributes(record),
      };
    }
    case 'Delete': {
      const request = parseIntegrationRequest(event);
      await deleteOrKeep(request, credentials, tools.log, () => prepareContext(request));
      return { physicalId: event.physicalId };
    }
    default:
      throw createFailure('REQUEST_TYPE_UNKNOWN', { requestType: event.requestType });
  }
}

/** @param createPatientContext with time after the `timeout` of the resource, for what a failure leaves to be done */
async function update(
  context: IntegrationContext,
  request: UpdateRequest,
  state: CreationState,
  createPatientContext: () => IntegrationContext,
): Promise<IntegrationRecord> {
  const { credentials, log, operation } = context;
  try {
    await operation.assertCurrent();
    const record = await updateIntegration(context, request, state);
    await settleCredentials(context, record);
    return record;
  } catch (error) {
    if (!(error instanceof OutOfTime && error.limit === 'invocation')) {
      const patient = createPatientContext();
      await bestEffort(log, 'access-keys-kept', () =>
        credentials.releaseUnused((key) => canHoldKey(patient, request, state, key)),
      );
    }
    throw error;
  }
}

async function createOrAdopt(
  event: ResourceEvent,
  context: IntegrationContext,
  request: CreateRequest,
  state: CreationState,
): Promise<Outcome> {
  const { deadline, log } = context;
  if (request.adopt) {
    await context.operation.assertCurrent();
    state.recordAbsence(); // adoption creates nothing
    const record = await adoptIntegration(context, request, request.adopt);
    reportDeployment(event, record, log, deadline.now());
    return {
      physicalId: PHYSICAL_ID_PREFIX + record.id + PHYSICAL_ID_ADOPTED_SUFFIX,
      attributes: renderAttributes(record),
    };
  }
  try {
    await context.operation.assertCurrent();
    const record = await createIntegration(context, request, state);
    await context.operation.assertCurrent(); // the Delete of a cancelled Create may be over
    await settleCredentials(context, record);
    reportDeployment(event, record, log, deadline.now());
    return {
      physicalId: PHYSICAL_ID_PREFIX + record.id,
      attributes: renderAttributes(record),
      async afterResponse() {
        await bestEffort(log, 'duplicate-not-deleted', () => deleteFailedDuplicates(context, request, record.id));
        await context.operation.waitForResult(context.deadline); // it may have cancelled the Create just before
        await deleteAbandoned(context, request, record.id);
      },
    };
  } catch (error) {
    await deleteAbandoned(context, request, state.integrationId);
    throw error;
  }
}

/**
 * Deletes the integration, or keeps an adopted one. If there is nothing to delete, it does not need the tenant, except
 * for managed keys: what an earlier Create left may need them to be deleted.
 */
async function deleteOrKeep(
  request: IntegrationRequest,
  credentials: Credentials,
  log: Log,
  openContext: () => Promise<IntegrationContext>,
): Promise<void> {
  const { adopt, physicalId } = request;
  if (adopt) {
    log.info('keep-adopted-integration', { integrationId: adopt });
  } else if (physicalId.kind === 'none') {
    log.info('nothing-created');
    await releaseCredentials(
      credentials,
      log,
      async (key) =>
        (await key.isSettled()) || ((await key.hasKeys()) && isPredecessorLeft(await openContext(), request)),
    );
  } else {
    const context = await openContext();
    const deleted = await deleteIntegration(context, request, physicalId);
    await releaseCredentials(credentials, log, () => isIntegrationLeft(context, request, deleted));
  }
}

function settleCredentials(context: IntegrationContext, record: IntegrationRecord): Promise<void> {
  return context.credentials.settle(record, () => waitForSteadyStatus(context, record.id));
}

/** Formats the ID by which the Delete of a failed Create finds the record. It never changes after the Create. */
function formatFailedPhysicalId(event: ResourceEvent, { integrationId, mayHaveCreated }: CreationState): string {
  if (event.requestType !== 'Create') {
    return event.physicalId || PHYSICAL_ID_UNKNOWN;
  }
  if (integrationId !== undefined) {
    return PHYSICAL_ID_PREFIX + integrationId;
  }
  return mayHaveCreated ? `${PHYSICAL_ID_UNKNOWN}/${deriveOwnership(event).createdBy}` : PHYSICAL_ID_NONE;
}

/** Renders the attributes, cut to fit a response of 4,096 bytes. */
function renderAttributes({ id, name }: IntegrationRecord): IntegrationAttributes {
  const shown = name.slice(0, LONGEST_NAME);
  return { IntegrationId: id, IntegrationName: shown, IntegrationNameInJson: JSON.stringify(shown).slice(1, -1) };
}
