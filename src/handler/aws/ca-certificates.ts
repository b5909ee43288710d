import { X509Certificate } from 'node:crypto';
import { callAws } from './call';
import { describeAwsError, isRefusedByAws } from './error';
import { clientConfig, s3Sdk } from './sdk';
import { readField, readSecret } from './secrets-manager';
import {
  ENV_CA_CERTIFICATES_BUCKET, ENV_CA_CERTIFICATES_FIELD, ENV_CA_CERTIFICATES_KEY, ENV_CA_CERTIFICATES_SECRET_ARN,
} from '../contract';
import { createFailure } from '../failure';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

/** All public CAs take a fifth of this. */
const MAX_BYTES = 1_000_000;

interface Tools {
  readonly deadline: Deadline;
  readonly log: Log;
}

/**
 * Reads the CA certificates of the function, each in PEM. Undefined if it has none of its own.
 *
 * @throws Failure if they cannot be read or used
 */
export async function readCertificates(
  environment: Readonly<Record<string, string | undefined>>,
  tools: Tools,
): Promise<string[] | undefined> {
  const secretArn = environment[ENV_CA_CERTIFICATES_SECRET_ARN];
  if (secretArn) {
    const text = await readSecret(secretArn, tools);
    const field = environment[ENV_CA_CERTIFICATES_FIELD];
    return parseCertificates(`secret '${secretArn}'`, field ? readField(secretArn, text, field) : text);
  }
  const bucket = environment[ENV_CA_CERTIFICATES_BUCKET];
  if (bucket) {
    const key = environment[ENV_CA_CERTIFICATES_KEY]!;
    return parseCertificates(`object 's3://${bucket}/${key}'`, await readObject(bucket, key, tools));
  }
  return undefined;
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
async function readObject(bucket: string, key: string, tools: Tools): Promise<string> {
  const { S3Client, GetObjectCommand } = s3Sdk();
  const createClient = () => new S3Client({ ...clientConfig(), followRegionRedirects: true, maxAttempts: 1 });
  const service = { name: 'Amazon S3', createClient };
  const source = `object 's3://${bucket}/${key}'`;
  try {
    return await callAws(service, { ...tools, operation: `GetObject of ${source}` }, async (client, options) => {
      const { Body, ContentLength: bytes = 0 } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }), options,
      );
      if (bytes > MAX_BYTES) {
        throw createFailure('CA_CERTIFICATES_TOO_LARGE', { source, bytes, max: MAX_BYTES });
      }
      return Body!.transformToString();
    });
  } catch (error) {
    throw isRefusedByAws(error)
      ? createFailure('CA_CERTIFICATES_NOT_READABLE', { source, cause: describeAwsError(error) }, { cause: error })
      : error;
  }
}

function parseCertificates(source: string, text: string): string[] {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!certificates?.every(isCertificate)) {
    throw createFailure('CA_CERTIFICATES_INVALID', { source });
  }
  return certificates;
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
