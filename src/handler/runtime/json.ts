/** Returns the fields of an object, and none of anything else. */
export function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Parses a JSON text. Undefined if it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns the fields of a JSON text, and none if it is not an object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  return toObject(parseJson(text));
}

/** The most values and levels of a text from a server: parsed, they take about a quarter of the function's memory. */
const MAX_VALUES = 500_000;
const MAX_DEPTH = 100;

/** Whether a JSON text is so deeply nested, or has so many values, that parsing it needs too much memory. */
export function isTooComplex(text: string): boolean {
  let depth = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '"':
        i = findEndOfString(text, i + 1);
        break;
      case '[':
      case '{':
        depth++;
        values++;
        break;
      case ']':
      case '}':
        depth--;
        break;
      case ',':
        values++;
        break;
    }
    if (depth > MAX_DEPTH || values > MAX_VALUES) {
      return true;
    }
  }
  return false;
}

/** Returns the position of the quotation mark that ends a string. */
function findEndOfString(text: string, start: number): number {
  let end = start;
  while (end < text.length && text[end] !== '"') {
    end += text[end] === '\\' ? 2 : 1;
  }
  return end;
}
