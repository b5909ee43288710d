/** Describes a change as `src/x.ts:12: a < b → a <= b`. */
export function describeMutant(file, source, { location: { start, end }, replacement }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const text = start.line === end.line ? lines[0].slice(start.column - 1, end.column - 1) : `${lines[0].trim()} …`;
  return `${file}:${start.line}: ${text} → ${replacement}`;
}
