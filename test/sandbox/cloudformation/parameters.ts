import { AwsError, ParametersState } from '../aws';
import { Template } from './template';

/** The values that are given, and the defaults of the others. */
export function completeParameters(template: Template, given: Record<string, string>): Record<string, string> {
  const definitions = Object.entries(template.Parameters ?? {});
  const missing = definitions
    .filter(([name, { Default }]) => given[name] === undefined && Default === undefined)
    .map(([name]) => name);
  if (missing.length > 0) {
    throw new AwsError(400, 'ValidationError', `Parameters: [${missing.join(', ')}] must have values`);
  }
  return Object.fromEntries(definitions.map(([name, { Default }]) => [name, String(given[name] ?? Default)]));
}

/** The values that `Ref` finds. */
export function parameterValues(
  template: Template,
  parameters: Record<string, string>,
  ssm: ParametersState,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => {
      const { Type } = template.Parameters![name];
      if (Type.startsWith('AWS::SSM::Parameter::Value')) return [name, ssm.parameter(value)];
      return [
        name,
        Type.startsWith('List<') || Type === 'CommaDelimitedList' ? value.split(',').map((item) => item.trim()) : value,
      ];
    }),
  );
}
