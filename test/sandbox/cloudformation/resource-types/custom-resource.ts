import { randomUUID } from 'node:crypto';
import { Cancelled, generatedName, Made, ResourceFailure, ResourceRequest, ResourceType, World } from './resource-type';

type RequestType = 'Create' | 'Update' | 'Delete';

interface Response {
  readonly Status?: string;
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Record<string, unknown>;
}

/** CloudFormation reads no longer answer. */
const MAXIMUM_ANSWER_BYTES = 4096;
const MAXIMUM_PHYSICAL_ID_BYTES = 1024;
const DEFAULT_SERVICE_TIMEOUT_SECONDS = 3600;

/**
 * `Custom::*`: an event to a function, and an answer at the response URL, a cancellation or the end of the service
 * timeout.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
export function customResource(world: World): ResourceType {
  return {
    fixed: ['ServiceToken'],
    create: (request) => exchange(world, 'Create', request),
    update: (request, old) => exchange(world, 'Update', request, {
      PhysicalResourceId: old.physicalId,
      OldResourceProperties: asStrings(old.properties),
    }),
    async delete(request, { physicalId }) {
      await exchange(world, 'Delete', request, { PhysicalResourceId: physicalId });
    },
  };
}

/** What an event says beyond its request. */
interface More {
  readonly PhysicalResourceId?: string;
  readonly OldResourceProperties?: unknown;
}

function exchange(world: World, requestType: RequestType, request: ResourceRequest, more: More = {}): Promise<Made> {
  const { stack, logicalId, type, properties, signal } = request;
  const requestId = randomUUID();
  // until an answer names one, CloudFormation makes an id up
  const knownId = more.PhysicalResourceId ?? generatedName(request);
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      cancelTimeout();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const fail = (message: string) => settle(() => reject(new ResourceFailure(message, knownId)));
    const onAbort = () =>
      settle(() =>
        reject(new Cancelled(`Resource ${requestType === 'Create' ? 'creation' : 'update'} cancelled`, knownId)),
      );
    const seconds = Number(properties.ServiceTimeout ?? DEFAULT_SERVICE_TIMEOUT_SECONDS);
    const cancelTimeout = world.scheduler.after(seconds * 1000, () =>
      fail(
        'CloudFormation did not receive a response from your Custom Resource. ' +
          `Please check your logs for requestId [${requestId}]. If you are using the Python cfn-response module, ` +
            'you may need to update your Lambda function code so that CloudFormation can attach the updated ' +
            'version.',
      ),
    );
    signal.addEventListener('abort', onAbort);
    const onAnswer = (body: string) => settle(() => {
      try {
        resolve(read(body, { requestType, requestId, knownId, request }));
      } catch (error) {
        reject(error);
      }
    });
    // A function that has responded ends before CloudFormation continues.
    const responseUrl = world.responses.urlFor((body) => world.scheduler.after(0, () => onAnswer(body)));
    try {
      world.lambda.invokeAsync(properties.ServiceToken, {
        RequestType: requestType,
        ServiceToken: properties.ServiceToken,
        ResponseURL: responseUrl,
        StackId: stack.id,
        RequestId: requestId,
        LogicalResourceId: logicalId,
        ResourceType: type,
        ...more,
        ResourceProperties: asStrings(properties),
      });
    } catch (error) {
      fail(`Lambda function cannot be invoked: ${(error as Error).message}`);
    }
  });
}

interface Exchange {
  readonly requestType: RequestType;
  readonly requestId: string;
  readonly knownId: string;
  readonly request: ResourceRequest;
}

/** What an answer means, or throws why the resource failed. */
function read(body: string, { requestType, requestId, knownId, request }: Exchange): Made {
  const fail = (message: string, physicalId = knownId) => new ResourceFailure(message, physicalId);
  if (Buffer.byteLength(body) > MAXIMUM_ANSWER_BYTES) throw fail('Response object is too long.');
  let response: Response & Record<string, unknown>;
  try {
    response = JSON.parse(body);
  } catch {
    throw fail('Invalid response object: not JSON');
  }
  const expected: Record<string, string> = {
    StackId: request.stack.id,
    RequestId: requestId,
    LogicalResourceId: request.logicalId,
  };
  for (const [key, value] of Object.entries(expected)) {
    if (response[key] !== value) throw fail(`Invalid response object: Value of property ${key} must be ${value}`);
  }
  const { Status, Reason, PhysicalResourceId: physicalId, Data } = response;
  if (typeof physicalId !== 'string' || !physicalId || Buffer.byteLength(physicalId) > MAXIMUM_PHYSICAL_ID_BYTES) {
    throw fail('Invalid PhysicalResourceId');
  }
  if (Status === 'FAILED') {
    if (!Reason) throw fail('Invalid response object: Reason is required', physicalId);
    throw fail(
      `Received response status [FAILED] from custom resource. Message returned: ${Reason} (RequestId: ${requestId})`,
      physicalId,
    );
  }
  if (Status !== 'SUCCESS') throw fail('Invalid response object: Value of property Status must be SUCCESS or FAILED');
  if (requestType === 'Delete' && physicalId !== knownId) throw fail('Invalid PhysicalResourceId: changed by a Delete');
  return { physicalId, attributes: Data ?? {} };
}

/** Scalars reach a custom resource as strings. */
function asStrings(value: any): any {
  if (Array.isArray(value)) return value.map(asStrings);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asStrings(item)]));
  }
  return String(value);
}
