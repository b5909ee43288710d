import { AccessGrantsState } from './access-grants';
import { AwsError } from './aws-error';
import { IamState } from './iam';
import { ParametersState } from './parameters';
import { AwsRequest, AwsResponse, elements, json, notImplemented, queryXml } from './request';
import { formatProviderArn } from './s3-control';

/** STS, of which the `cdk` CLI needs two operations. */
export async function handleSts(iam: IamState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, principal, input } = request;
  if (operation === 'GetCallerIdentity') {
    return queryXml(operation, elements({ Arn: principal, UserId: 'AIDASANDBOX', Account: principal.split(':')[4] }));
  }
  if (operation !== 'AssumeRole') return notImplemented(request);
  const keys = input.ExternalId ? { 'sts:ExternalId': input.ExternalId } : undefined;
  if (!await iam.assumable(input.RoleArn, principal, keys)) {
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${principal} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`,
    );
  }
  const { accessKeyId, secretAccessKey, sessionToken } = iam.sessionFor(input.RoleArn);
  return queryXml(operation, elements({
    AssumedRoleUser: { Arn: input.RoleArn, AssumedRoleId: `AROASANDBOX:${input.RoleSessionName}` },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      // the CLI compares this with the machine's clock, which is not the sandbox's
      Expiration: new Date(Date.now() + 3_600_000).toISOString(),
    },
  }));
}

/** SSM's GetParameter, for the version of the bootstrap stack. */
export async function handleSsm(parameters: ParametersState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, input } = request;
  if (operation !== 'GetParameter') return notImplemented(request);
  return json({ Parameter: { Name: input.Name, Type: 'String', Value: parameters.parameter(input.Name) } });
}

/** Identity Center, which shows the applications of associations. */
export async function handleSso(accessGrants: AccessGrantsState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, input: { ApplicationArn } } = request;
  if (operation !== 'DescribeApplication') return notImplemented(request);
  if (!accessGrants.hasApplication(ApplicationArn)) {
    throw new AwsError(400, 'ResourceNotFoundException', 'Application not found');
  }
  return json({ ApplicationArn, ApplicationProviderArn: formatProviderArn(accessGrants.applicationProvider) });
}
