import { generatedName, ResourceRequest, ResourceTypes } from './resource-type';
import { AwsServices } from '../../aws';

interface NamedPolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: Record<string, unknown>;
}

/** Roles, users, and the policies of both. */
export function iamTypes({ iam }: AwsServices): ResourceTypes {
  const principals = {
    role: {
      put: iam.putRolePolicy,
      remove: iam.deleteRolePolicy,
      attach: iam.attachRolePolicy,
      detach: iam.detachRolePolicy,
    },
    user: {
      put: iam.putUserPolicy,
      remove: iam.deleteUserPolicy,
      attach: iam.attachUserPolicy,
      detach: iam.detachUserPolicy,
    },
  };

  /** Gives a role or user the policies of its properties and takes those that only the old properties have. */
  const syncPolicies = (
    kind: 'role' | 'user',
    name: string,
    wanted: Record<string, any>,
    old: Record<string, any> = {},
  ) => {
    const { put, remove, attach, detach } = principals[kind];
    const policies: NamedPolicy[] = wanted.Policies ?? [];
    const managed: string[] = wanted.ManagedPolicyArns ?? [];
    policies.forEach((policy) => put.call(iam, name, policy.PolicyName, policy.PolicyDocument));
    managed.filter((arn) => !(old.ManagedPolicyArns ?? []).includes(arn)).forEach((arn) => attach.call(iam, name, arn));
    (old.Policies ?? [])
      .filter((policy: NamedPolicy) => !policies.some((other) => other.PolicyName === policy.PolicyName))
      .forEach((policy: NamedPolicy) => remove.call(iam, name, policy.PolicyName));
    (old.ManagedPolicyArns ?? [])
      .filter((arn: string) => !managed.includes(arn))
      .forEach((arn: string) => detach.call(iam, name, arn));
  };

  /**
   * Puts an inline policy on each role and user it names, and takes it from those that only the old properties name.
   */
  const syncInline = (wanted: Record<string, any>, old: Record<string, any> = {}) => {
    for (const [kind, property] of [['role', 'Roles'], ['user', 'Users']] as const) {
      const names: string[] = wanted[property] ?? [];
      const kept = old.PolicyName === wanted.PolicyName ? names : [];
      names.forEach((name) => principals[kind].put.call(iam, name, wanted.PolicyName, wanted.PolicyDocument));
      (old[property] ?? []).filter((name: string) => !kept.includes(name))
        .forEach((name: string) => principals[kind].remove.call(iam, name, old.PolicyName));
    }
  };

  const syncAttachments = (arn: string, wanted: Record<string, any>, old: Record<string, any> = {}) => {
    for (const [kind, property] of [['role', 'Roles'], ['user', 'Users']] as const) {
      const names: string[] = wanted[property] ?? [];
      const before: string[] = old[property] ?? [];
      names.filter((name) => !before.includes(name)).forEach((name) => principals[kind].attach.call(iam, name, arn));
      before.filter((name) => !names.includes(name)).forEach((name) => principals[kind].detach.call(iam, name, arn));
    }
  };

  const arnAttributes = (arn: string) => ({ physicalId: arn, attributes: { PolicyArn: arn } });

  return {
    'AWS::IAM::Role': {
      createOnly: ['RoleName', 'Path'],
      create(request) {
        const { properties } = request;
        const roleName = properties.RoleName ?? generatedName(request);
        const { arn, roleId } = iam.createRole({
          roleName,
          path: properties.Path,
          assumeRolePolicyDocument: properties.AssumeRolePolicyDocument,
          permissionsBoundary: properties.PermissionsBoundary,
        });
        syncPolicies('role', roleName, properties);
        return { physicalId: roleName, attributes: { Arn: arn, RoleId: roleId } };
      },
      update({ properties }, old) {
        iam.updateAssumeRolePolicy(old.physicalId, properties.AssumeRolePolicyDocument);
        iam.putPermissionsBoundary(old.physicalId, properties.PermissionsBoundary);
        syncPolicies('role', old.physicalId, properties, old.properties);
        return old;
      },
      delete(_request, { physicalId, properties }) {
        syncPolicies('role', physicalId, {}, properties);
        iam.deleteRole(physicalId);
      },
    },
    'AWS::IAM::User': {
      createOnly: ['UserName'],
      create(request) {
        const { properties } = request;
        const userName = properties.UserName ?? generatedName(request);
        const { arn } = iam.createUser({
          userName,
          path: properties.Path,
          permissionsBoundary: properties.PermissionsBoundary,
        });
        syncPolicies('user', userName, properties);
        iam.tagUser(userName, parseTags(properties));
        return { physicalId: userName, attributes: { Arn: arn } };
      },
      update({ properties }, old) {
        const { arn } = iam.moveUser(old.physicalId, properties.Path);
        iam.putPermissionsBoundary(old.physicalId, properties.PermissionsBoundary, 'user');
        syncPolicies('user', old.physicalId, properties, old.properties);
        const [wanted, before] = [parseTags(properties), parseTags(old.properties)];
        iam.tagUser(old.physicalId, wanted);
        iam.untagUser(old.physicalId, Object.keys(before).filter((key) => !(key in wanted)));
        return { ...old, attributes: { Arn: arn } };
      },
      delete(_request, { physicalId, properties }) {
        syncPolicies('user', physicalId, {}, properties);
        iam.deleteUser(physicalId);
      },
    },
    'AWS::IAM::AccessKey': {
      createOnly: ['UserName'],
      create({ properties }) {
        const { accessKeyId, secretAccessKey } = iam.createAccessKey(properties.UserName);
        return { physicalId: accessKeyId, attributes: { SecretAccessKey: secretAccessKey } };
      },
      update: (_request, old) => old,
      delete: (_request, { physicalId }) => iam.deleteAccessKey(physicalId),
    },
    'AWS::IAM::Policy': {
      create(request) {
        syncInline(request.properties);
        return { physicalId: generatedName(request), attributes: {} };
      },
      update({ properties }, old) {
        syncInline(properties, old.properties);
        return old;
      },
      delete: (_request, { properties }) => syncInline({}, properties),
    },
    'AWS::IAM::RolePolicy': {
      createOnly: ['PolicyName', 'RoleName'],
      create(request) {
        const { RoleName, PolicyName, PolicyDocument } = request.properties;
        if (iam.hasRolePolicy(RoleName, PolicyName)) throw new Error(`${PolicyName}|${RoleName} already exists`);
        iam.putRolePolicy(RoleName, PolicyName, PolicyDocument);
        return { physicalId: `${PolicyName}|${RoleName}`, attributes: {} };
      },
      update({ properties }, old) {
        iam.putRolePolicy(properties.RoleName, properties.PolicyName, properties.PolicyDocument);
        return old;
      },
      delete: (_request, { properties }) => iam.deleteRolePolicy(properties.RoleName, properties.PolicyName),
    },
    'AWS::IAM::ManagedPolicy': {
      createOnly: ['ManagedPolicyName', 'Path', 'Description'],
      create(request: ResourceRequest) {
        const { properties } = request;
        const arn = iam.createPolicy(
          properties.ManagedPolicyName ?? generatedName(request, 128),
          properties.PolicyDocument,
          properties.Path,
        );
        syncAttachments(arn, properties);
        return arnAttributes(arn);
      },
      update({ properties }, old) {
        iam.updatePolicy(old.physicalId, properties.PolicyDocument);
        syncAttachments(old.physicalId, properties, old.properties);
        return old;
      },
      delete(_request, { physicalId, properties }) {
        syncAttachments(physicalId, {}, properties);
        iam.deletePolicy(physicalId);
      },
    },
  };
}

function parseTags({ Tags = [] }: Record<string, any>): Record<string, string> {
  return Object.fromEntries(Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
}
