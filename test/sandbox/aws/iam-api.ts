import { AwsError } from './aws-error';
import { IamState } from './iam';
import { AwsRequest, AwsResponse, elements, notImplemented, queryXml } from './request';

type Input = Record<string, string>;

/** The operations of IAM that are used, by the name that is also the action's: what each gives, from its input. */
const OPERATIONS: Record<string, (iam: IamState, input: Input) => object | void> = {
  CreateAccessKey(iam, { UserName }) {
    const { accessKeyId, secretAccessKey } = iam.createAccessKey(UserName);
    const { createdAt } = iam.accessKeys(UserName).at(-1)!;
    return { AccessKey: { ...metadata(UserName, accessKeyId, createdAt), SecretAccessKey: secretAccessKey } };
  },
  DeleteAccessKey: (iam, { UserName, AccessKeyId }) => iam.deleteAccessKey(AccessKeyId, UserName),
  ListAccessKeys: (iam, { UserName }) => ({
    AccessKeyMetadata: {
      member: iam
        .listAccessKeys(UserName)
        .map(({ accessKeyId, createdAt }) => metadata(UserName, accessKeyId, createdAt)),
    },
    IsTruncated: false,
  }),
};

/** IAM's HTTP face (the AWS query protocol), for operations on users, each of which the caller must be allowed. */
export async function handleIam(iam: IamState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, principal, input } = request;
  const run = OPERATIONS[operation];
  if (!run) return notImplemented(request);
  if (!input.UserName) {
    throw new AwsError(400, 'ValidationError', 'Must specify userName when calling with non-User credentials');
  }
  if (!await iam.authorize(principal, `iam:${operation}`, iam.userArn(input.UserName))) {
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${principal} is not authorized to perform: iam:${operation} on resource: user ${input.UserName} ` +
        `because no identity-based policy allows the iam:${operation} action`,
    );
  }
  return queryXml(operation, elements(run(iam, input) ?? {}));
}

function metadata(UserName: string, AccessKeyId: string, createdAt: number): object {
  // whole seconds, as AWS has them
  const CreateDate = new Date(createdAt).toISOString().replace(/\.\d+/, '');
  return { UserName, AccessKeyId, Status: 'Active', CreateDate };
}
