import { HandlerSandbox } from './handler-sandbox';

export const USER = 'immuta-user';

/** Creates a user that may do everything, and a secret for its keys. Returns the properties that name them. */
export function prepareManagedKey({ aws: { iam, secrets } }: HandlerSandbox): Record<string, string | undefined> {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  iam.createUser({ userName: USER });
  iam.putUserPolicy(USER, 'all', document);
  return {
    AuthenticationType: 'accessKey',
    RoleToAssumeArn: undefined,
    AccessKeySecretArn: secrets.createSecret('immuta/managed', '{}').arn,
    AccessKeyUserName: USER,
  };
}
