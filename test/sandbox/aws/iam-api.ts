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
    AccessKeyMetadata: { member: iam.accessKeys(UserName).map(({ accessKeyId, createdAt }) => metadata(UserName, accessKeyId, createdAt)) },
    IsTruncated: false,
  }),
  TagUser: (iam, input) => iam.tagUser(input.UserName, Object.fromEntries(members(input, 'Tags', '.Key').map((key, index) =>
    [key, input[`Tags.member.${index + 1}.Value`] ?? '']))),
  UntagUser: (iam, input) => iam.untagUser(input.UserName, members(input, 'TagKeys')),
  ListUserTags: (iam, { UserName }) => ({
    Tags: { member: [...iam.userTags(UserName)].map(([Key, Value]) => ({ Key, Value })) },
    IsTruncated: false,
  }),
};

/** IAM's HTTP face (the AWS query protocol), for operations on users, each of which the caller must be allowed. */
export async function handleIam(iam: IamState, request: AwsRequest): Promise<AwsResponse> {
  const { operation, principal, input } = request;
  const run = OPERATIONS[operation];
  if (!run) return notImplemented(request);
  const tagKeys = [...members(input, 'Tags', '.Key'), ...members(input, 'TagKeys')];
  const keys = tagKeys.length > 0 ? { 'aws:TagKeys': tagKeys } : undefined;
  if (!await iam.authorize(principal, `iam:${operation}`, iam.userArn(input.UserName), { keys })) {
    throw new AwsError(403, 'AccessDenied', `User: ${principal} is not authorized to perform: iam:${operation} on resource: user ${input.UserName} because no identity-based policy allows the iam:${operation} action`);
  }
  return queryXml(operation, elements(run(iam, input) ?? {}));
}

function metadata(UserName: string, AccessKeyId: string, createdAt: number): object {
  // whole seconds, as AWS has them
  const CreateDate = new Date(createdAt).toISOString().replace(/\.\d+/, '');
  return { UserName, AccessKeyId, Status: 'Active', CreateDate };
}

/** A list of the query protocol: `TagKeys.member.1`, `Tags.member.1.Key`, … */
function members(input: Input, list: string, field = ''): string[] {
  const found: string[] = [];
  for (let name; (name = `${list}.member.${found.length + 1}${field}`) in input;) found.push(input[name]);
  return found;
}
