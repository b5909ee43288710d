import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { InstanceContext } from './context';
import { deleteInstance } from './delete';
import { ensureInstance } from './ensure';
import { AssociationGoal } from './identity-center';
import { isOurPhysicalId, isOurs, ownershipOf, physicalIdOf } from './ownership';
import { AccessGrants, Instance } from '../aws/access-grants';
import { prepareNetwork, prepareNetworkIfPossible } from '../aws/network';
import { InstanceAttributes } from '../contract';
import { failure } from '../failure';
import { watchCancelledCreate } from '../protocol/cancelled-create';
import { ResourceEvent } from '../protocol/event';
import { EventTools, HandleEvent } from '../protocol/run';
import { Deadline } from '../runtime/deadline';

export interface InstanceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** @default - that of the Lambda runtime */
  readonly s3Control?: S3ControlClientConfig;
}

/** Handles the events of `Custom::S3AccessGrantsInstance`. */
export function handleInstanceEvent({ environment, s3Control }: InstanceOptions): HandleEvent {
  return async (event, tools) => {
    const physicalId = physicalIdOf(event);
    try {
      await (event.requestType === 'Delete' ? prepareNetworkIfPossible : prepareNetwork)(environment, tools);
      return { physicalId, attributes: await performRequest(event, contextFor(event, tools, s3Control)) };
    } catch (error) {
      return { physicalId, error };
    }
  };
}

async function performRequest(event: ResourceEvent, context: InstanceContext): Promise<InstanceAttributes | undefined> {
  switch (event.requestType) {
    case 'Create':
    case 'Update':
      return attributesOf(context, await ensureInstance(context, goalOf(event, context)));
    case 'Delete':
      await (isOurPhysicalId(event.physicalId)
        ? deleteInstance(context)
        : watchCancelledCreate(context.deadline, () => deleteInstance(context)));
      return undefined;
    default:
      throw failure('REQUEST_TYPE_UNKNOWN', { requestType: event.requestType });
  }
}

function contextFor(
  event: ResourceEvent,
  { deadline, log, beforeWrite }: EventTools,
  s3Control?: S3ControlClientConfig,
): InstanceContext {
  const { AccountId: accountId = '', Region: region = '' } = event.properties;
  const name = `the S3 Access Grants instance of account ${accountId}, ${region}`;
  const beforeCreate = async (seen?: string) => {
    if (isTooLate(event, deadline)) {
      throw failure('INSTANCE_CREATE_TOO_LATE', { instance: name, seen: seen ? ` (last status: ${seen})` : '' });
    }
    await beforeWrite();
  };
  return {
    name,
    location: { accountId, region },
    accessGrants: new AccessGrants({ accountId, region, deadline, log, beforeWrite, beforeCreate }, s3Control),
    ownership: ownershipOf(event),
    deadline,
    log,
  };
}

function goalOf(event: ResourceEvent, { deadline }: InstanceContext): AssociationGoal {
  const { requestType, properties, oldProperties } = event;
  return {
    wanted: properties.IdentityCenterInstanceArn || undefined,
    isNew: requestType !== 'Update' || oldProperties.IdentityCenterInstanceArn !== properties.IdentityCenterInstanceArn,
    isTooLate: () => isTooLate(event, deadline),
  };
}

/** Whether the Delete of a Create would not watch any more for what the Create creates now. */
function isTooLate({ requestType }: ResourceEvent, deadline: Deadline): boolean {
  return requestType === 'Create' && deadline.now() > deadline.creationEndsAt;
}

function attributesOf({ ownership }: InstanceContext, instance: Instance): InstanceAttributes {
  return {
    AccessGrantsInstanceArn: instance.arn,
    AccessGrantsInstanceId: instance.id,
    IdentityCenterApplicationArn: instance.applicationArn ?? '',
    IdentityCenterInstanceArn: instance.identityCenterInstanceArn ?? '',
    Adopted: isOurs('instance', instance.tags, ownership) ? 'false' : 'true',
  };
}
