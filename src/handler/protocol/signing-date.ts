/**
 * Returns when CloudFormation sent an event, in milliseconds since 1970: the signing date of the response URL
 * (Signature Version 4). All invocations for one event agree on it, however late Lambda delivers or repeats the event.
 * Undefined if the URL does not say: `Expires` of Signature Version 2 is an end.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function parseSigningDate(responseUrl: string): number | undefined {
  if (!URL.canParse(responseUrl)) {
    return undefined;
  }
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(
    new URL(responseUrl).searchParams.get('X-Amz-Date') ?? '',
  );
  if (!date) {
    return undefined;
  }
  const [, year, month, day, hour, minute, second] = date;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}
