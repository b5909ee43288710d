/**
 * Conditions under which a key may be used through one service of one Region only.
 *
 * The end of the value is left open: `amazonaws.com` everywhere AWS documents it, while it is not documented whether China's
 * values end in `amazonaws.com.cn`. KMS sets the value, not the caller.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function viaService(service: string, region: string): Record<string, Record<string, string>> {
  return { StringLike: { 'kms:ViaService': `${service}.${region}.*` } };
}

/** What a reader, and a writer (multipart uploads decrypt too), needs of a key that encrypts objects. */
export function objectKeyActions(write: boolean): string[] {
  return write ? ['kms:Decrypt', 'kms:GenerateDataKey'] : ['kms:Decrypt'];
}
