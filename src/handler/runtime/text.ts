/** What others say ends with a full stop, and our reasons go on after it. */
export function withoutFullStop(text: string): string {
  return text.replace(/(?<!\.)\.\s*$/, '');
}

/** Puts a text on one line, of at most so many characters. Cuts between code points. */
export function oneLine(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= longest) {
    return line;
  }
  const cut = line.slice(0, longest);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
