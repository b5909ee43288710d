/**
 * A custom resource for experiments about CloudFormation. `Create` says what it does: `answer`, `fail`, or `wait`,
 * which never answers. `DelaySeconds` passes before, and `DeleteDelaySeconds` before the response to a Delete. If
 * `Generation` changes, the resource is replaced. With a `Target`, it asks S3 Access Grants for access to it.
 */
'use strict';

exports.handler = async (event, context) => {
  const startedAt = Date.now();
  const { Create, DelaySeconds = '0', DeleteDelaySeconds = '0', Generation, Target } = event.ResourceProperties;
  const isCreate = event.RequestType === 'Create';
  if (isCreate && Create === 'wait') return;
  if (isCreate) await sleep(DelaySeconds);
  if (event.RequestType === 'Delete') await sleep(DeleteDelaySeconds);
  const isReplaced = event.RequestType === 'Update' && event.OldResourceProperties.Generation !== Generation;
  const body = {
    Status: isCreate && Create === 'fail' ? 'FAILED' : 'SUCCESS',
    Reason: 'The experiment wants it',
    PhysicalResourceId: isCreate || isReplaced ? `probe-${event.RequestId}` : event.PhysicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    Data: {
      ...describeUrl(new URL(event.ResponseURL), startedAt),
      ...isCreate && Target ? { Access: await requestAccess(context.invokedFunctionArn.split(':')[4], Target) } : {},
    },
  };
  // A buffer: fetch adds a content type to text, which S3 refuses.
  await fetch(event.ResponseURL, { method: 'PUT', body: Buffer.from(JSON.stringify(body)) });
};

async function sleep(seconds) {
  await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
}

/** `granted`, or the code of the error. The credentials go nowhere. */
async function requestAccess(AccountId, Target) {
  const { S3ControlClient, GetDataAccessCommand } = require('@aws-sdk/client-s3-control');
  try {
    await new S3ControlClient().send(new GetDataAccessCommand({ AccountId, Target, Permission: 'READ' }));
    return 'granted';
  } catch (error) {
    return error.name;
  }
}

/** The age of the event, and how long the response URL is valid, both in seconds. `?` if the URL does not tell. */
function describeUrl({ searchParams }, now) {
  const signedAt = searchParams.get('X-Amz-Date')?.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
  const age = Math.max(0, Math.floor((now - Date.parse(signedAt)) / 1000)); // Clocks differ.
  return { AgeSeconds: Number.isNaN(age) ? '?' : age, ExpiresSeconds: searchParams.get('X-Amz-Expires') ?? '?' };
}
