import { toObject } from '../runtime/json';

/** The part that we use of the context that Lambda passes to a function. */
export interface LambdaContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

/** CloudFormation delivers every scalar as a string. */
export type Properties = Readonly<Record<string, string | undefined>>;

/**
 * An event of a custom resource. A missing field is empty, so even an incomplete event gets a response.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export interface ResourceEvent {
  /** `Create`, `Update` or `Delete`, if CloudFormation sent it. */
  readonly requestType: string;
  /** The type in the template, such as `Custom::ImmutaS3Integration`. */
  readonly resourceType: string;
  /** A pre-signed URL. Everyone who has it can respond, so never print it. */
  readonly responseUrl: string;
  readonly stackId: string;
  readonly requestId: string;
  readonly logicalId: string;
  /** Empty on Create. */
  readonly physicalId: string;
  readonly properties: Properties;
  readonly oldProperties: Properties;
}

export function parseEvent(event: unknown): ResourceEvent {
  const raw = toObject(event);
  return {
    requestType: parseScalar(raw.RequestType) ?? '',
    resourceType: parseScalar(raw.ResourceType) ?? '',
    responseUrl: parseScalar(raw.ResponseURL) ?? '',
    stackId: parseScalar(raw.StackId) ?? '',
    requestId: parseScalar(raw.RequestId) ?? '',
    logicalId: parseScalar(raw.LogicalResourceId) ?? '',
    physicalId: parseScalar(raw.PhysicalResourceId) ?? '',
    properties: parseScalars(raw.ResourceProperties),
    oldProperties: parseScalars(raw.OldResourceProperties),
  };
}

/** Returns the name in `arn:aws:cloudformation:<region>:<account>:stack/<name>/<guid>`. */
export function parseStackName(stackId: string): string {
  return stackId.split('/')[1] ?? stackId;
}

function parseScalars(value: unknown): Properties {
  return Object.fromEntries(Object.entries(toObject(value)).map(([name, property]) => [name, parseScalar(property)]));
}

function parseScalar(value: unknown): string | undefined {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined;
}
