/** The partition and Region of a deployment. */
export interface Target {
  readonly partition: string;
  readonly region: string;
  readonly urlSuffix: string;
}

/** The account of every stack. */
export const ACCOUNT = '111122223333';

export const TARGETS: Target[] = [
  { partition: 'aws', region: 'us-east-1', urlSuffix: 'amazonaws.com' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1', urlSuffix: 'amazonaws.com' },
  { partition: 'aws-cn', region: 'cn-north-1', urlSuffix: 'amazonaws.com.cn' },
];

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, any>;
}

/** Physical names of resources by logical ID. The default name of a resource is its logical ID. */
export type Names = Record<string, string>;

/**
 * The resources of a template, in which every intrinsic function is replaced by the value that CloudFormation gives it.
 */
export interface ResolvedTemplate {
  readonly resources: Record<string, Resource>;
  /** Resolves any value that refers to the resources of the template. */
  resolve(value: any): any;
}

export function resolveTemplate(template: Record<string, any>, target: Target, names: Names): ResolvedTemplate {
  const resources: Record<string, any> = template.Resources ?? {};
  const entries = Object.entries(resources).map(([id, { Type, Properties = {} }]) => [
    id,
    { Type, Properties: resolveProperties(Type, Properties) },
  ]);
  return { resources: Object.fromEntries(entries), resolve: resolveValue };

  /** Policies are in IAM resources, so attributes of custom resources and functions are not resolved. */
  function resolveProperties(type: string, properties: any): any {
    return type.startsWith('AWS::IAM::') ? resolveValue(properties) : properties;
  }

  function resolveValue(value: any): any {
    if (Array.isArray(value)) {
      return value.map(resolveValue).filter((item) => item !== undefined);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [name, argument] = Object.entries(value)[0] ?? [];
    if (name === 'Ref' || name?.startsWith('Fn::')) {
      return intrinsic(name, argument);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveValue(item)]));
  }

  function intrinsic(name: string, argument: any): any {
    switch (name) {
      case 'Ref': return ref(argument);
      case 'Fn::GetAtt': return attribute(argument[0], argument[1]);
      case 'Fn::Join': return resolveValue(argument[1]).join(argument[0]);
      case 'Fn::Split': return resolveValue(argument[1]).split(argument[0]);
      case 'Fn::Select': return resolveValue(argument[1])[Number(argument[0])];
      case 'Fn::Sub': return substitute(argument);
      default: throw new Error(`${name} is not known to this resolver`);
    }
  }

  function substitute(argument: any): string {
    const [text, values] = Array.isArray(argument) ? argument : [argument, {}];
    return text.replace(/\$\{([^!}]+)\}/g, (_: string, key: string) => {
      if (key in values) {
        return resolveValue(values[key]);
      }
      const [id, ...path] = key.split('.');
      return path.length === 0 ? ref(id) : attribute(id, path.join('.'));
    });
  }

  function ref(id: string): string | undefined {
    const pseudo: Record<string, string | undefined> = {
      'AWS::AccountId': ACCOUNT,
      'AWS::Partition': target.partition,
      'AWS::Region': target.region,
      'AWS::URLSuffix': target.urlSuffix,
      'AWS::StackId': `arn:${target.partition}:cloudformation:${target.region}:${ACCOUNT}:stack/lake/`
        + '5f1f7c10-9d3c-11ef-8f3d-0a1b2c3d4e5f',
      'AWS::StackName': 'lake',
      'AWS::NoValue': undefined,
    };
    if (id in pseudo) {
      return pseudo[id];
    }
    if (id in (template.Parameters ?? {})) {
      return template.Parameters[id].Default;
    }
    const type = resourceType(id);
    return refIsArn.has(type) ? arn(id) : physicalName(id);
  }

  function attribute(id: string, path: string): string {
    const type = resourceType(id);
    if (path === 'Arn' || path.endsWith('Arn')) {
      return type === 'AWS::Logs::LogGroup' ? `${arn(id)}:*` : arn(id);
    }
    return `${physicalName(id)}-${path}`;
  }

  function resourceType(id: string): string {
    if (!(id in resources)) {
      throw new Error(`the template has no resource '${id}'`);
    }
    return resources[id].Type;
  }

  function physicalName(id: string): string {
    return names[id] ?? id;
  }

  function arn(id: string): string {
    const { partition, region } = target;
    const name = physicalName(id);
    const forms: Record<string, string> = {
      'AWS::IAM::ManagedPolicy': `arn:${partition}:iam::${ACCOUNT}:policy/${name}`,
      'AWS::IAM::Role': `arn:${partition}:iam::${ACCOUNT}:role/${name}`,
      'AWS::IAM::User': `arn:${partition}:iam::${ACCOUNT}:user/${name}`,
      'AWS::KMS::Key': `arn:${partition}:kms:${region}:${ACCOUNT}:key/${name}`,
      'AWS::Lambda::Function': `arn:${partition}:lambda:${region}:${ACCOUNT}:function:${name}`,
      'AWS::Logs::LogGroup': `arn:${partition}:logs:${region}:${ACCOUNT}:log-group:${name}`,
      'AWS::S3::AccessGrantsInstance': `arn:${partition}:s3:${region}:${ACCOUNT}:access-grants/default`,
      'AWS::S3::Bucket': `arn:${partition}:s3:::${name}`,
      'AWS::SecretsManager::Secret': `arn:${partition}:secretsmanager:${region}:${ACCOUNT}:secret:${name}-AbCdEf`,
    };
    const form = forms[resourceType(id)];
    if (!form) {
      throw new Error(`this resolver does not know the ARN of ${resourceType(id)} '${id}'`);
    }
    return form;
  }
}

const refIsArn = new Set(['AWS::IAM::ManagedPolicy', 'AWS::S3::AccessGrantsInstance', 'AWS::SecretsManager::Secret']);
