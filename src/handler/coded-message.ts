/**
 * A text that users meet, with `{placeholders}` for values. The code under which a table lists it never changes its
 * meaning.
 *
 * The comment above an entry of a table is its cause: `docs/errors.md` is generated from comment, text and remedy.
 */
export interface CodedMessage {
  /** What happened: `'prop' must …, got {value}` or `cannot <verb> <thing>: {cause}`. No full stop at the end. */
  readonly text: string;
  /** What to do, in the imperative. No full stop at the end. */
  readonly remedy: string;
}

/** The names of the placeholders in a text. */
type Placeholders<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** A value for each placeholder of a message. */
export type MessageValues<M extends CodedMessage> = Readonly<
  Record<Placeholders<M['text']> | Placeholders<M['remedy']>, string | number>
>;

/** Renders `<text>. <Remedy>. [CODE]`. */
export function renderMessage(
  code: string,
  { text, remedy }: CodedMessage,
  values: Readonly<Record<string, string | number>>,
): string {
  return joinMessage(code, { text: fillPlaceholders(text, values), remedy: fillPlaceholders(remedy, values) });
}

/** Replaces each `{placeholder}` that has a value. */
export function fillPlaceholders(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/** Joins the parts of a message without placeholders. */
export function joinMessage(code: string, { text, remedy }: CodedMessage): string {
  return `${text}. ${remedy}. [${code}]`;
}
