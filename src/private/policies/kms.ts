/**
 * Returns conditions that limit the use of a key to one service in one Region.
 *
 * The value ends in `amazonaws.com` where AWS documents it. For China it is not documented, so the pattern leaves the
 * end open. KMS sets the value, not the caller.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function buildServiceConditions(service: string, region: string): Record<string, Record<string, string>> {
  return { StringLike: { 'kms:ViaService': `${service}.${region}.*` } };
}

/** Returns the actions on a key that encrypts objects. Writers need to decrypt, too, for multipart uploads. */
export function listKeyActions(write: boolean): string[] {
  return write ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'];
}
