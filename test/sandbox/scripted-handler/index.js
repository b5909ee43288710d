/** A function that does what its event says: for tests of the sandbox itself. */
'use strict';

let events = 0;

exports.handler = async (event) => (event.RequestType ? answer(event) : obey(event));

async function obey({ sleepMs, hang, exit, fail, laterMs, url, timeoutMs }) {
  events += 1;
  console.log(`runs at ${new Date().toISOString()}`);
  console.log(`event ${events} of process ${process.pid} with ${process.env.AWS_ACCESS_KEY_ID}`);
  if (laterMs !== undefined) setTimeout(() => console.log(`later: ${new Date().toISOString()}`), laterMs);
  if (sleepMs) await new Promise((resolve) => setTimeout(resolve, sleepMs));
  if (url)
    await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).then(
      ({ status }) => console.log(status),
      ({ name }) => console.log(name),
    );
  if (hang) await new Promise(() => {});
  if (exit) process.exit(1);
  if (fail) throw new Error(fail);
}

/**
 * `ResourceProperties.OnCreate` and so on say what the answer has; the physical id is `made-by-<request type>` unless
 * there is one.
 */
async function answer(event) {
  const { SleepMs, ...script } = event.ResourceProperties[`On${event.RequestType}`] ?? {};
  if (SleepMs) await new Promise((resolve) => setTimeout(resolve, Number(SleepMs)));
  const body = {
    Status: 'SUCCESS',
    PhysicalResourceId: event.PhysicalResourceId ?? 'made-by-Create',
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    Data: { Got: JSON.stringify(event.ResourceProperties) },
    ...script,
  };
  // a buffer: fetch adds a content type to text, which S3 refuses
  await fetch(event.ResponseURL, { method: 'PUT', body: Buffer.from(JSON.stringify(body)) });
}
