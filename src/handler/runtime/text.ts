/**
 * Characters that a reader does not see and a terminal may obey: control and format characters (escape sequences,
 * direction of writing, zero width), halves of surrogate pairs, and those that Unicode does not assign.
 */
const UNSAFE = /(?![\t\n\r])[\p{C}\p{Zl}\p{Zp}]/gu;

/** Removes the full stop at the end of a quoted text: our reasons continue after it. */
export function removeFullStop(text: string): string {
  return text.replace(/(?<!\.)\.\s*$/, '');
}

/** Puts a text on one line and cuts it after so many characters, between code points. */
export function joinLines(text: string, longest = Number.POSITIVE_INFINITY): string {
  return cutText(text.replace(/\s+/g, ' ').trim(), longest);
}

/** Cuts a text after so many characters, between code points. */
export function cutText(text: string, longest: number): string {
  if (text.length <= longest) {
    return text;
  }
  const cut = text.slice(0, longest);
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Replaces what could deceive a reader or control a terminal. It is not removed: that could join a secret again. */
export function replaceUnsafe(text: string): string {
  return text.replace(UNSAFE, '\uFFFD');
}

/** Whether a text is valid Unicode: halves of surrogate pairs cannot be sent. */
export function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}
