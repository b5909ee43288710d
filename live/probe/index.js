/**
 * A custom resource for experiments about CloudFormation. `Create` says what it does: `answer`, `fail`, or `wait`,
 * which never answers. `DelaySeconds` passes before.
 */
'use strict';

exports.handler = async (event) => {
  const startedAt = Date.now();
  const { Create, DelaySeconds = '0' } = event.ResourceProperties;
  const isCreate = event.RequestType === 'Create';
  if (isCreate && Create === 'wait') return;
  if (isCreate) await new Promise((resolve) => setTimeout(resolve, Number(DelaySeconds) * 1000));
  const body = {
    Status: isCreate && Create === 'fail' ? 'FAILED' : 'SUCCESS',
    Reason: 'The experiment wants it',
    PhysicalResourceId: event.PhysicalResourceId ?? `probe-${event.RequestId}`,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    Data: describeUrl(new URL(event.ResponseURL), startedAt),
  };
  // A buffer: fetch adds a content type to text, which S3 refuses.
  await fetch(event.ResponseURL, { method: 'PUT', body: Buffer.from(JSON.stringify(body)) });
};

/** The age of the event, and how long the response URL is valid, both in seconds. `?` if the URL does not tell. */
function describeUrl({ searchParams }, now) {
  const signedAt = searchParams.get('X-Amz-Date')?.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5');
  const age = Math.max(0, Math.floor((now - Date.parse(signedAt)) / 1000)); // Clocks differ.
  return { AgeSeconds: Number.isNaN(age) ? '?' : age, ExpiresSeconds: searchParams.get('X-Amz-Expires') ?? '?' };
}
