/** What stands for an intrinsic function of a template in a text: `${AWS::Region}`, `${Bucket.Arn}`. */
export function readable(node: unknown, reference: (name: string) => string = (name) => `\${${name}}`): unknown {
  if (Array.isArray(node)) {
    return node.map((element) => readable(element, reference));
  }
  if (typeof node !== 'object' || node === null) {
    return node;
  }
  const entries = Object.entries(node);
  const [name, value] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined || !(name === 'Ref' || name.startsWith('Fn::'))) {
    return Object.fromEntries(entries.map(([key, child]) => [key, readable(child, reference)]));
  }
  switch (name) {
    case 'Fn::Join': return value[1].map((part: unknown) => readable(part, reference)).join(value[0]);
    case 'Ref': return reference(value);
    case 'Fn::GetAtt': return reference(value.join('.'));
    default: return reference(name);
  }
}
