import { AwsError } from '../aws';
import { evaluate, Scope } from './intrinsics';
import { Stack } from './stack';
import { Template } from './template';

export interface ScopeOptions {
  readonly stack: Stack;
  readonly template: Template;
  readonly parameters: Record<string, unknown>;
  readonly importValue: (name: string) => unknown;
}

/** Finds what a stack's template refers to, in the resources that the stack has at the moment. */
export function createScope({ stack, template, parameters, importValue }: ScopeOptions): Scope {
  const pseudo: Record<string, unknown> = {
    'AWS::AccountId': stack.accountId,
    'AWS::Region': stack.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackId': stack.id,
    'AWS::StackName': stack.name,
    'AWS::NotificationARNs': [],
  };
  const scope: Scope = {
    ref(name) {
      if (name in pseudo) return pseudo[name];
      if (name in parameters) return parameters[name];
      const record = stack.resources.get(name);
      if (!record) {
        throw new AwsError(400, 'ValidationError', `Template format error: Unresolved resource dependencies [${name}]`);
      }
      return record.physicalId;
    },
    getAtt(name, attribute) {
      const record = stack.resources.get(name);
      if (!record) {
        throw new AwsError(400, 'ValidationError', `Template format error: Unresolved resource dependencies [${name}]`);
      }
      if (!(attribute in record.attributes)) {
        throw new Error(
          `CustomResource attribute error: Vendor response doesn't contain ${attribute} attribute in object ` +
            `${stack.id}|${name}`,
        );
      }
      return record.attributes[attribute];
    },
    condition: (name) => Boolean(evaluate(template.Conditions?.[name], scope)),
    mapping(map, key, name) {
      const value = template.Mappings?.[map]?.[key]?.[name];
      if (value === undefined) {
        throw new AwsError(400, 'ValidationError', `Template error: Unable to get mapping for ${map}::${key}::${name}`);
      }
      return value;
    },
    importValue,
    availabilityZones: ['a', 'b', 'c'].map((letter) => stack.region + letter),
  };
  return scope;
}

/** The template without the resources and outputs whose condition is false. */
export function withoutFalseConditions(template: Template, scope: Scope): Template {
  const holds = ([, item]: [string, { Condition?: string }]) =>
    item.Condition === undefined || scope.condition(item.Condition);
  return {
    ...template,
    Resources: Object.fromEntries(Object.entries(template.Resources).filter(holds)),
    Outputs: Object.fromEntries(Object.entries(template.Outputs ?? {}).filter(holds)),
  };
}
