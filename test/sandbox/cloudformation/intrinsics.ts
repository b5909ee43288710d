/** What the intrinsic functions of a template refer to. */
export interface Scope {
  readonly availabilityZones: string[];
  ref(logicalId: string): unknown;
  getAtt(logicalId: string, attribute: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, key: string, name: string): unknown;
  importValue(name: string): unknown;
}

type Intrinsic = (argument: any, scope: Scope) => unknown;

const NO_VALUE = undefined;

/** Evaluates arguments first, except those of Fn::If (only one branch may be), Fn::Sub and Fn::GetAtt. */
const INTRINSICS: Record<string, Intrinsic> = {
  'Ref': (name, scope) => (name === 'AWS::NoValue' ? NO_VALUE : scope.ref(name)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
    return scope.getAtt(logicalId, attribute.map((part: unknown) => evaluate(part, scope)).join('.'));
  },
  'Fn::If': ([name, then, otherwise], scope) => evaluate(scope.condition(name) ? then : otherwise, scope),
  'Fn::Sub': (argument, scope) => substitute(argument, scope),
  'Condition': (name, scope) => scope.condition(name),
  'Fn::Join': evaluated(([separator, parts]) => parts.join(separator)),
  'Fn::Select': evaluated(([index, list]) => list[Number(index)]),
  'Fn::Split': evaluated(([separator, text]) => String(text).split(separator)),
  'Fn::Equals': evaluated(([a, b]) => String(a) === String(b)),
  'Fn::And': evaluated((conditions) => conditions.every(Boolean)),
  'Fn::Or': evaluated((conditions) => conditions.some(Boolean)),
  'Fn::Not': evaluated(([condition]) => !condition),
  'Fn::Base64': evaluated((text) => Buffer.from(String(text)).toString('base64')),
  'Fn::FindInMap': evaluated(([map, key, name], scope) => scope.mapping(map, key, name)),
  'Fn::ImportValue': evaluated((name, scope) => scope.importValue(name)),
  'Fn::GetAZs': (_region, scope) => scope.availabilityZones,
};

/** The value with its intrinsic functions resolved; what is `AWS::NoValue` is left out. */
export function evaluate(value: any, scope: Scope): any {
  if (Array.isArray(value)) return value.map((item) => evaluate(item, scope)).filter((item) => item !== NO_VALUE);
  if (typeof value !== 'object' || value === null) return value;
  const [name, ...others] = Object.keys(value);
  const intrinsic = others.length === 0 ? INTRINSICS[name] : undefined;
  // a policy's `Condition` block is an object; the intrinsic names a condition of the template
  if (intrinsic && !(name === 'Condition' && typeof value[name] === 'object')) return intrinsic(value[name], scope);
  if (name?.startsWith('Fn::')) throw new Error(`Template format error: Unresolved intrinsic function ${name}`);
  const entries = Object.entries(value).map(([key, item]) => [key, evaluate(item, scope)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== NO_VALUE));
}

/** The names that a value's Ref, Fn::GetAtt and Fn::Sub mention. */
export function references(value: any): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, argument]: [string, any]) => {
    if (name === 'Ref') return [argument];
    if (name === 'Fn::GetAtt') {
      return [Array.isArray(argument) ? argument[0] : argument.split('.')[0], ...references(argument)];
    }
    if (name === 'Fn::Sub') return [...subNames(argument), ...references(argument)];
    return references(argument);
  });
}

/** The exports that a value imports, as the CDK writes them. */
export function importedNames(value: any): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, argument]) =>
    name === 'Fn::ImportValue' && typeof argument === 'string' ? [argument] : importedNames(argument));
}

const SUB_VARIABLE = /\$\{(?!!)([^}]+)\}/g;

function substitute(argument: any, scope: Scope): string {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const replaced = text.replace(SUB_VARIABLE, (_: string, name: string) => {
    if (name in variables) return evaluate(variables[name], scope);
    const dot = name.indexOf('.');
    return dot < 0 ? scope.ref(name) : scope.getAtt(name.slice(0, dot), name.slice(dot + 1));
  });
  return replaced.replace(/\$\{!/g, '${');
}

function subNames(argument: any): string[] {
  const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const names = [...text.matchAll(SUB_VARIABLE)].map(([, name]) => name).filter((name) => !(name in variables));
  return names.map((name) => name.split('.')[0]);
}

function evaluated(intrinsic: Intrinsic): Intrinsic {
  return (argument, scope) => intrinsic(evaluate(argument, scope), scope);
}
