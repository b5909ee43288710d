import { AwsError, ParametersState } from '../aws';
import { Template } from './template';

/** The values that `Ref` finds: given ones, defaults, and those that SSM parameters hold. */
export function resolveParameters(template: Template, given: Record<string, string>, ssm: ParametersState): Record<string, unknown> {
  const definitions = Object.entries(template.Parameters ?? {});
  const missing = definitions.filter(([name, { Default }]) => given[name] === undefined && Default === undefined).map(([name]) => name);
  if (missing.length > 0) throw new AwsError(400, 'ValidationError', `Parameters: [${missing.join(', ')}] must have values`);
  return Object.fromEntries(definitions.map(([name, { Type, Default }]) => {
    const value = String(given[name] ?? Default);
    if (Type.startsWith('AWS::SSM::Parameter::Value')) return [name, ssm.parameter(value)];
    return [name, Type.startsWith('List<') || Type === 'CommaDelimitedList' ? value.split(',').map((item) => item.trim()) : value];
  }));
}
