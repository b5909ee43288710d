import { AwsError } from './aws-error';
import { IamState } from './iam';
import { AwsRequest, AwsResponse, json, notImplemented } from './request';
import { Secret, SecretsState } from './secrets';

type Input = Record<string, any>;

/**
 * The operations of Secrets Manager that are used, by the name that is also the action's: what each gives, from its
 * input.
 */
const OPERATIONS: Record<string, (secrets: SecretsState, secret: Secret, input: Input) => object | void> = {
  GetSecretValue(_, secret, { VersionId, VersionStage = 'AWSCURRENT' }) {
    const version = VersionId === undefined ? secret.find(VersionStage) : secret.versions.get(VersionId);
    if (version?.value === undefined) {
      const what = VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`;
      throw new AwsError(
        400,
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${what}`,
      );
    }
    const { value, id, labels, createdAt } = version;
    const content =
      typeof value === 'string' ? { SecretString: value } : { SecretBinary: Buffer.from(value).toString('base64') };
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: id,
      ...content,
      VersionStages: [...labels],
      CreatedDate: createdAt / 1000,
    };
  },
  DescribeSecret(secrets, { arn, name, rotation }) {
    const { versions, tags } = secrets.describe(arn);
    return {
      ARN: arn,
      Name: name,
      VersionIdsToStages: versions,
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      ...(rotation
        ? { RotationEnabled: rotation.scheduleExpression !== undefined, RotationLambdaARN: rotation.lambdaArn }
        : {}),
    };
  },
  PutSecretValue(secrets, { arn, name }, { ClientRequestToken: token, SecretString, VersionStages: labels }) {
    if (!/^.{32,64}$/.test(token)) {
      throw new AwsError(400, 'InvalidParameterException', 'ClientRequestToken must have 32 to 64 characters.');
    }
    const version = secrets.putSecretValue(arn, SecretString, { token, labels });
    return { ARN: arn, Name: name, VersionId: version.id, VersionStages: [...version.labels] };
  },
  UpdateSecretVersionStage(secrets, { arn, name }, { VersionStage, RemoveFromVersionId, MoveToVersionId }) {
    secrets.moveLabel(arn, VersionStage, RemoveFromVersionId, MoveToVersionId);
    return { ARN: arn, Name: name };
  },
  TagResource: (secrets, { arn }, { Tags }) =>
    secrets.tag(arn, Object.fromEntries(Tags.map(({ Key, Value }: Record<string, string>) => [Key, Value]))),
  UntagResource: (secrets, { arn }, { TagKeys }) => secrets.untag(arn, TagKeys),
};

/** Secrets Manager's HTTP face. Rotations are not here: they need Lambda. */
export async function handleSecretsManager(
  iam: IamState,
  secrets: SecretsState,
  request: AwsRequest,
): Promise<AwsResponse> {
  const { operation, input } = request;
  if (operation === 'CreateSecret') {
    await authorizeSecret(iam, secrets, { ...request, input: { ...input, SecretId: input.Name } });
    const { arn, name } = secrets.createSecret(input.Name, input.SecretString);
    return json({ ARN: arn, Name: name });
  }
  const run = OPERATIONS[operation];
  if (!run) return notImplemented(request);
  await authorizeSecret(iam, secrets, request);
  return json(run(secrets, secrets.secret(input.SecretId), input) ?? {});
}

/** AWS tells those who may not use any secret of that name nothing about whether it exists. */
export async function authorizeSecret(
  iam: IamState,
  secrets: SecretsState,
  { operation, principal, input }: AwsRequest,
): Promise<void> {
  const action = `secretsmanager:${operation}`;
  const tagKeys: string[] | undefined = input.TagKeys ?? input.Tags?.map(({ Key }: Record<string, string>) => Key);
  const keys = tagKeys ? { 'aws:TagKeys': tagKeys } : undefined;
  if (!(await iam.authorize(principal, action, secrets.resourceArn(input.SecretId), { keys }))) {
    throw new AwsError(
      400,
      'AccessDeniedException',
      `User: ${principal} is not authorized to perform: ${action} on resource: ${input.SecretId} because no ` +
        `identity-based policy allows the ${action} action`,
    );
  }
}
