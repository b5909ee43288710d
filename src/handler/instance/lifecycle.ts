import type { S3ControlClientConfig } from '@aws-sdk/client-s3-control';
import { remove, watch } from './delete';
import { bringAbout } from './ensure';
import { InstanceJob } from './job';
import { Instance, InstanceClient, TooLate } from '../aws/access-grants';
import { InstanceAttributes } from '../contract';
import { isOfGeneration, isOfLifetime, isOurPhysicalId, ownerFor, physicalIdFor } from './ownership';
import { ResourceEvent } from '../protocol/event';
import { Work, WorkTools } from '../protocol/run';

/** Takes up or makes the S3 Access Grants instance of an account and Region, associates it, and leaves it, as CloudFormation asks. */
export function instanceLifecycle(config?: S3ControlClientConfig): Work {
  return { perform, failedPhysicalId: physicalIdFor };

  async function perform(event: ResourceEvent, tools: WorkTools): ReturnType<Work['perform']> {
    const job = jobFor(event, tools, config);
    const physicalId = physicalIdFor(event);
    try {
      switch (event.requestType) {
        case 'Create':
        case 'Update':
          return { physicalId, attributes: attributesOf(job, await bringAbout(job)) };
        case 'Delete':
          await (isOurPhysicalId(event.physicalId) ? remove(job) : watch(job));
          return { physicalId };
        default:
          throw new Error(`'${event.requestType}' is not a request type of CloudFormation's`);
      }
    } finally {
      job.client.close();
    }
  }
}

function jobFor(event: ResourceEvent, tools: WorkTools, config?: S3ControlClientConfig): InstanceJob {
  const { deadline, log, progress } = tools;
  const { AccountId: accountId = '', Region: region = '' } = event.properties;
  const owner = ownerFor(event);
  const client = new InstanceClient({
    accountId,
    region,
    deadline,
    onFailure: (error, attempt, delayMs) => {
      progress.lastSeen = `${error.name}: ${error.message}`;
      log.warn('call-again', { attempt, delayMs, code: error.name, message: error.message });
    },
    beforeMaking: () => {
      if (event.requestType === 'Create' && deadline.now() > deadline.postingEndsAt) {
        throw new TooLate('it is too late to create or to associate the S3 Access Grants instance, which a Delete might not find any more; '
          + `last seen: ${progress.lastSeen ?? 'nothing'}; deploy again`);
      }
    },
  }, config);
  return {
    requestType: event.requestType,
    properties: event.properties,
    oldProperties: event.oldProperties,
    owner,
    isOurs: (part, { tags }) => isOfLifetime(part, tags, owner) || (knowsNoLifetime(event) && isOfGeneration(part, tags, owner)),
    client,
    deadline,
    log,
    progress,
  };
}

/** A Create may come after one that failed, and the Delete of a cancelled one has an id of CloudFormation's. */
function knowsNoLifetime({ requestType, physicalId }: ResourceEvent): boolean {
  return requestType === 'Create' || !isOurPhysicalId(physicalId);
}

function attributesOf(job: InstanceJob, instance: Instance): InstanceAttributes {
  return {
    AccessGrantsInstanceArn: instance.arn,
    AccessGrantsInstanceId: instance.id,
    IdentityCenterApplicationArn: instance.applicationArn ?? '',
    IdentityCenterInstanceArn: instance.identityCenterInstanceArn ?? '',
    Adopted: job.isOurs('instance', instance) ? 'false' : 'true',
  };
}
