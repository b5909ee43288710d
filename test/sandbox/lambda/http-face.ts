import { AwsError, AwsServices, json } from '../aws';

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;
const CONFIGURATION = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/;

/** What Lambda's API needs of the functions. */
export interface InvokableFunctions {
  /** By name or ARN. */
  find(name: string): { readonly functionArn: string; readonly logGroup?: string };
  invokeAsync(functionArn: string, event: Record<string, unknown>, accessKeyId: string): unknown;
}

/** Lambda's API: `Invoke`, asynchronously, and what the `cdk` CLI asks after a failure. */
export function serveLambda(lambda: InvokableFunctions, aws: AwsServices): void {
  aws.route('lambda', async ({ method, path, headers, principal, body }) => {
    const [, configured] = path.match(CONFIGURATION) ?? [];
    if (method === 'GET' && configured) {
      const { functionArn, logGroup: LogGroup } = lambda.find(decodeURIComponent(configured));
      return json({ FunctionArn: functionArn, LoggingConfig: { LogGroup } });
    }
    const [, name] = path.match(INVOKE) ?? [];
    if (method !== 'POST' || !name) {
      throw new AwsError(501, 'NotImplemented', `the sandbox's Lambda cannot ${method} ${path}`);
    }
    if (headers['x-amz-invocation-type'] !== 'Event') {
      throw new AwsError(501, 'NotImplemented', 'the sandbox only invokes asynchronously');
    }
    const { functionArn } = lambda.find(decodeURIComponent(name));
    if (!await aws.iam.authorize(principal, 'lambda:InvokeFunction', functionArn)) {
      throw new AwsError(
        403,
        'AccessDeniedException',
        `User: ${principal} is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn} ` +
          'because no identity-based policy allows the lambda:InvokeFunction action',
      );
    }
    lambda.invokeAsync(functionArn, JSON.parse(body.toString()), headers.authorization.match(/Credential=([^/]+)/)![1]);
    return { status: 202 };
  });
}
