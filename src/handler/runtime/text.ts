/** Removes the full stop at the end of a quoted text: our reasons continue after it. */
export function removeFullStop(text: string): string {
  return text.replace(/(?<!\.)\.\s*$/, '');
}

/** Puts a text on one line and cuts it after so many characters, between code points. */
export function joinLines(text: string, longest = Number.POSITIVE_INFINITY): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= longest) {
    return line;
  }
  const cut = line.slice(0, longest);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
