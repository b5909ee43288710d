/** The log has a line for each. */
const SUCCESSFUL_GET = /immuta GET \S+ → 200$/;
const POLL = /^(.*?) {3}get (.*)$/;
const HOUR_MS = 3_600_000;

/** The events of a history in the order of virtual time. */
export class Timeline {
  private readonly lines: { readonly at: number; readonly text: string }[] = [];

  readonly note = (at: number, text: string): void => {
    const readable = readableLog(text);
    if (readable !== undefined) this.lines.push({ at, text: readable });
  };

  toString(): string {
    const sorted = [...this.lines].sort((a, b) => a.at - b.at);
    const begin = sorted.find(({ text }) => text.startsWith('── step'))?.at ?? 0;
    const states = new Map<string, string>();
    /** Whether a poll shows what the same process saw before. */
    const isNews = (text: string) => {
      const [, caller, state] = POLL.exec(text) ?? [];
      if (caller === undefined) return true;
      const before = states.get(caller);
      states.set(caller, state);
      return before !== state;
    };
    return sorted
      .filter(({ at, text }) => at >= begin && !SUCCESSFUL_GET.test(text) && isNews(text))
      .map(({ at, text }) => `${clockTime(at - begin)}  ${text}`)
      .join('\n');
  }
}

/** A log line without what each has; none for those of requests, which are noted by the network. */
function readableLog(text: string): string | undefined {
  const [, caller, json] = /^(.*?) \| (\{.*)$/s.exec(text) ?? [];
  if (json === undefined) return text;
  const { level, step, stack, logicalId, requestId, requestType, hop, elapsedMs, message, ...others } = JSON.parse(
    json,
  ) as Record<string, unknown>;
  // without words of its own, a message repeats the fields
  const fields = String(message).startsWith(`${requestType} ${step}`) ? others : { message, ...others };
  // metrics have no step
  if (step === 'request' || step === undefined) return undefined;
  const more = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return `${caller}   ${step === 'received' ? `received ${requestType} of ${logicalId}` : step} ${more}`;
}

function clockTime(ms: number): string {
  const hours = Math.floor(ms / HOUR_MS);
  return `${hours}:${new Date(ms % HOUR_MS).toISOString().slice(14, 23)}`;
}
