/** A secret of the sandbox, and how an error calls it. */
export interface NamedSecret {
  readonly name: string;
  readonly value: string;
}

/** So many characters around a leak tell where it comes from. */
const CONTEXT = 60;

/**
 * Where what must not be written was written: `the secret 'immuta/api-key' in answers: …"Reason":"bad token ***"…`.
 *
 * @param written Texts that can be read later, by the name of their place
 */
export function leaksIn(written: Readonly<Record<string, string>>, secrets: readonly NamedSecret[]): string[] {
  const forms = new Map(secrets.flatMap(({ name, value }) => listForms(value).map((form) => [form, name])));
  return Object.entries(written).flatMap(([place, text]) => [...forms]
    .filter(([form]) => text.includes(form))
    .map(([form, name]) => `${name} in ${place}: …${around(text, form)}…`));
}

/** What is public of a managed access key, which has a user: who has to delete a key needs its ID. */
const PUBLIC_FIELDS = ['userName', 'accessKeyId'];

/** The texts of a secret: if it is a JSON object, what is in its fields. */
export function secretTexts(name: string, value: string): NamedSecret[] {
  const all = parseFields(value);
  const fields =
    all && 'userName' in all
      ? Object.fromEntries(Object.entries(all).filter(([field]) => !PUBLIC_FIELDS.includes(field)))
      : all;
  return fields
    ? Object.entries(fields).map(([field, text]) => ({
      name: `the field '${field}' of the secret '${name}'`,
      value: String(text),
    }))
    : [{ name: `the secret '${name}'`, value }];
}

function parseFields(value: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A secret is written as it is, in JSON, or in a URL. A blank one is in every text, and none. */
function listForms(value: string): string[] {
  const text = value.trim();
  const wellFormed = text.replace(/\p{Cs}/gu, '\ufffd'); // anything else cannot be in a URL
  return text === '' ? [] : [...new Set([text, JSON.stringify(text).slice(1, -1), encodeURIComponent(wellFormed)])];
}

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  const [before, after] = [text.slice(Math.max(0, at - CONTEXT), at), text.slice(at + form.length)];
  return `${before}***${after.slice(0, CONTEXT)}`.replaceAll(form, '***');
}
