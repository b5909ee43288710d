import { randomBytes } from 'node:crypto';
import { generatedName, ResourceRequest, ResourceTypes, World } from './resource-type';

/** Secrets, their rotation, and what lets Secrets Manager invoke functions. */
export function secretTypes({ aws: { secrets }, secretRotation, lambda }: World): ResourceTypes {
  const configure = async ({ properties }: ResourceRequest) => {
    const { SecretId, RotationLambdaARN, RotationRules, RotateImmediatelyOnUpdate = true } = properties;
    secretRotation.configure(SecretId, RotationLambdaARN, RotationRules?.ScheduleExpression);
    if (String(RotateImmediatelyOnUpdate) === 'true') secretRotation.rotate(SecretId);
    else await secretRotation.test(SecretId);
    return { physicalId: SecretId, attributes: {} };
  };
  return {
    'AWS::SecretsManager::Secret': {
      createOnly: ['Name'],
      create(request) {
        const { Name, SecretString, GenerateSecretString } = request.properties;
        const value = SecretString ?? (GenerateSecretString && randomBytes(16).toString('hex'));
        const { arn } = secrets.createSecret(Name ?? generatedName(request), value);
        return { physicalId: arn, attributes: { Id: arn } };
      },
      update: (_request, old) => old,
      delete: (_request, { physicalId }) => secrets.deleteSecret(physicalId),
    },
    'AWS::SecretsManager::RotationSchedule': {
      createOnly: ['SecretId'],
      create: configure,
      update: configure,
      delete(_request, { physicalId }) {
        const secret = secrets.all.find(({ arn }) => arn === physicalId);
        if (secret) secret.rotation = undefined;
      },
    },
    'AWS::Lambda::Permission': {
      createOnly: ['FunctionName', 'Principal', 'SourceAccount', 'SourceArn', 'Action'],
      create(request) {
        const { FunctionName, Principal, SourceAccount, SourceArn } = request.properties;
        const permission = {
          functionArn: lambda.find(FunctionName).functionArn,
          principal: Principal,
          sourceAccount: SourceAccount,
          sourceArn: SourceArn,
        };
        secretRotation.permissions.add(permission);
        return { physicalId: generatedName(request), attributes: { permission } };
      },
      update: (_request, old) => old,
      delete: (_request, { attributes }) => void secretRotation.permissions.delete(attributes.permission as never),
    },
  };
}
