import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Aws } from './context';
import { findInstance } from './instance';

/** @throws Error if nothing can be deployed, or the bucket cannot be in the instance. What may not be read may be so */
export async function checkEnvironment({ s3, accountId }: Aws, bucket: string): Promise<void> {
  const region = await s3.config.region();
  const assets = `cdk-hnb659fds-assets-${accountId}-${region}`;
  if (await findBucketRegion(s3, assets) === 'missing') {
    throw new Error(`account ${accountId} is not bootstrapped for the CDK in ${region}: there is no bucket `
      + `'${assets}'. Run 'npx cdk bootstrap aws://${accountId}/${region}'.`);
  }
  const found = await findBucketRegion(s3, bucket);
  if (found === 'missing') throw new Error(`there is no bucket '${bucket}'. Name one in ${region} with '--bucket'.`);
  if (found && found !== region) {
    throw new Error(`the bucket '${bucket}' is in ${found}, and this run is in ${region}. Name one in ${region} with `
      + '\'--bucket\', or set AWS_REGION.');
  }
}

/**
 * Whether the account has an instance.
 *
 * @throws Error if S3 Access Grants does not say so, as in a Region without it
 */
export async function hasInstance(aws: Aws): Promise<boolean> {
  try {
    return await findInstance(aws) !== undefined;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    const isAboutCaller = status === 403 || /Token|Credential/.test(name);
    if (status === undefined || isAboutCaller) throw error;
    const region = await aws.s3Control.config.region();
    throw new Error(`S3 Access Grants does not say whether ${region} has an instance. The Region may not have the `
      + `service. It answered: ${status} ${name} ${message}`);
  }
}

/** Undefined if S3 does not tell. It tells the Region also to who may not read the bucket. */
async function findBucketRegion(s3: S3Client, Bucket: string): Promise<string | 'missing' | undefined> {
  try {
    return (await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion;
  } catch (error) {
    const response: { statusCode: number; headers: Record<string, string> } | undefined = (error as any).$response;
    if (!response) throw error;
    return response.statusCode === 404 ? 'missing' : response.headers['x-amz-bucket-region'];
  }
}
