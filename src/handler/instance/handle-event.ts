import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { InstanceContext } from './context';
import { deleteInstance, deleteUnidentified } from './delete';
import { ensureInstance } from './ensure';
import { AssociationGoal } from './identity-center';
import { isOurPhysicalId, isOurs, deriveOwnership, choosePhysicalId } from './ownership';
import { parseTags } from './tags';
import { AccessGrants, Instance } from '../aws/access-grants';
import { prepareNetwork, prepareNetworkIfPossible } from '../aws/network';
import { InstanceAttributes } from '../contract';
import { createFailure, renderLastStatus } from '../failure';
import { ResourceEvent } from '../protocol/event';
import { EventTools } from '../protocol/event-tools';
import { HandleEvent } from '../protocol/run';
import { Environment } from '../runtime/environment';

export interface InstanceOptions {
  readonly environment: Environment;
  /** @default - that of the Lambda runtime */
  readonly s3Control?: S3ControlClientConfig;
}

/** Handles the events of `Custom::S3AccessGrantsInstance`. */
export function handleInstanceEvent({ environment, s3Control }: InstanceOptions): HandleEvent {
  return async (event, tools) => {
    const physicalId = choosePhysicalId(event);
    try {
      await (event.requestType === 'Delete' ? prepareNetworkIfPossible : prepareNetwork)(environment, tools);
      await tools.operation.assertCurrent();
      return { physicalId, attributes: await performRequest(event, createInstanceContext(event, tools, s3Control)) };
    } catch (error) {
      return { physicalId, error };
    }
  };
}

async function performRequest(event: ResourceEvent, context: InstanceContext): Promise<InstanceAttributes | undefined> {
  switch (event.requestType) {
    case 'Create':
    case 'Update':
      return renderAttributes(context, await ensureInstance(context, createGoal(event)));
    case 'Delete':
      await (isOurPhysicalId(event.physicalId) ? deleteInstance(context) : deleteUnidentified(context));
      return undefined;
    default:
      throw createFailure('REQUEST_TYPE_UNKNOWN', { requestType: event.requestType });
  }
}

function createInstanceContext(
  event: ResourceEvent,
  { deadline, log, beforeWrite, operation, earlierRuns }: EventTools,
  s3Control?: S3ControlClientConfig,
): InstanceContext {
  const { AccountId: accountId = '', Region: region = '' } = event.properties;
  const name = `the S3 Access Grants instance of account ${accountId}, ${region}`;
  const isTooLate = () =>
    event.requestType === 'Create' && deadline.now() > deadline.creationEndsAt && !operation.isConfirmed;
  const beforeCreate = async (seen?: string) => {
    if (isTooLate()) {
      throw createFailure('INSTANCE_CREATE_TOO_LATE', { instance: name, seen: renderLastStatus(seen) });
    }
    await beforeWrite();
  };
  return {
    name,
    location: { accountId, region },
    accessGrants: new AccessGrants({ accountId, region, deadline, log, beforeWrite, beforeCreate }, s3Control),
    ownership: deriveOwnership(event),
    tags: { desired: parseTags(event.properties.Tags), previous: parseTags(event.oldProperties.Tags) },
    isTooLate,
    mayBeRepeated: earlierRuns.mayHaveCreated,
    operation,
    deadline,
    log,
  };
}

function createGoal({ requestType, properties, oldProperties }: ResourceEvent): AssociationGoal {
  const isChanged = oldProperties.IdentityCenterInstanceArn !== properties.IdentityCenterInstanceArn;
  return {
    desired: properties.IdentityCenterInstanceArn || undefined,
    isNew: isChanged,
    mayRollBack: requestType === 'Update' && isChanged,
  };
}

function renderAttributes({ ownership }: InstanceContext, instance: Instance): InstanceAttributes {
  return {
    AccessGrantsInstanceArn: instance.arn,
    AccessGrantsInstanceId: instance.id,
    IdentityCenterApplicationArn: instance.applicationArn ?? '',
    IdentityCenterInstanceArn: instance.identityCenterInstanceArn ?? '',
    Adopted: isOurs('instance', instance.tags, ownership) ? 'false' : 'true',
  };
}
