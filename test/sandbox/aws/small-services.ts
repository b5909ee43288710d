import { AwsError } from './aws-error';
import { IamState } from './iam';
import { ParametersState } from './parameters';
import { AwsRequest, AwsResponse, elements, json, notImplemented, queryXml } from './request';
import { SecretsState } from './secrets';

/** STS, of which the `cdk` CLI needs two operations. */
export async function handleSts(iam: IamState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, principal, input } = request;
  if (operation === 'GetCallerIdentity') {
    return queryXml(operation, elements({ Arn: principal, UserId: 'AIDASANDBOX', Account: principal.split(':')[4] }));
  }
  if (operation !== 'AssumeRole') return notImplemented(request);
  const keys = input.ExternalId ? { 'sts:ExternalId': input.ExternalId } : undefined;
  if (!await iam.assumable(input.RoleArn, principal, keys)) {
    throw new AwsError(403, 'AccessDenied', `User: ${principal} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`);
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

/** Secrets Manager's GetSecretValue. */
export async function handleSecretsManager(iam: IamState, secrets: SecretsState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, principal, input } = request;
  if (operation !== 'GetSecretValue') return notImplemented(request);
  // AWS tells those who may not read any secret of that name nothing about whether it exists
  if (!await iam.authorize(principal, 'secretsmanager:GetSecretValue', secrets.resourceArn(input.SecretId))) {
    throw new AwsError(400, 'AccessDeniedException', `User: ${principal} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${input.SecretId} because no identity-based policy allows the secretsmanager:GetSecretValue action`);
  }
  const { arn, name, value } = secrets.secret(input.SecretId);
  if (value === undefined) {
    throw new AwsError(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT");
  }
  const content = typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') };
  return json({ ARN: arn, Name: name, ...content, VersionStages: ['AWSCURRENT'] });
}

/** SSM's GetParameter, for the version of the bootstrap stack. */
export async function handleSsm(parameters: ParametersState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, input } = request;
  if (operation !== 'GetParameter') return notImplemented(request);
  return json({ Parameter: { Name: input.Name, Type: 'String', Value: parameters.parameter(input.Name) } });
}
