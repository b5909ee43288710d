import { createHash } from 'crypto';
import { AwsError } from './aws-error';
import { Bucket, BucketsState } from './buckets';
import { IamState } from './iam';
import { AwsRequest, AwsResponse, elements, errorResponse, notImplemented, xml } from './request';

/**
 * S3, path style: what the asset uploads of the `cdk` CLI need, and functions that read an object. Only reads are
 * authorised.
 */
export async function handleS3(iam: IamState, buckets: BucketsState, request: AwsRequest): Promise<AwsResponse> {
  const [, bucketName, key] = request.path.match(/^\/([^/]*)\/?(.*)$/)!;
  const bucket = buckets.bucket(bucketName);
  if (!key) return handleBucket(bucket, request);
  if (request.method === 'PUT') {
    bucket.objects.set(decodeURIComponent(key), objectBody(request));
    return { headers: { etag: etag(request.body) } };
  }
  if (request.region !== bucket.region) return redirect(bucket, request);
  const object = await findObject(iam, bucket, decodeURIComponent(key), request.principal);
  const headers = { 'etag': etag(object), 'content-length': String(object.length) };
  return { headers, body: request.method === 'HEAD' ? undefined : object };
}

/** Who may not list the bucket does not learn that an object is missing. */
async function findObject(iam: IamState, { name, objects }: Bucket, key: string, principal: string): Promise<Buffer> {
  const arn = `arn:aws:s3:::${name}`;
  const object = objects.get(key);
  const isAllowed =
    (await iam.authorize(principal, 's3:GetObject', `${arn}/${key}`)) &&
    (object !== undefined || (await iam.authorize(principal, 's3:ListBucket', arn)));
  if (!isAllowed) throw new AwsError(403, 'AccessDenied', 'Access Denied');
  if (!object) throw new AwsError(404, 'NoSuchKey', 'The specified key does not exist.');
  return object;
}

function redirect({ region }: Bucket, request: AwsRequest): AwsResponse {
  const error = new AwsError(301, 'PermanentRedirect', 'The bucket must be addressed using the specified endpoint.');
  return { ...errorResponse(request, error), headers: { 'x-amz-bucket-region': region } };
}

async function handleBucket(bucket: Bucket, request: AwsRequest): Promise<AwsResponse> {
  const { method, query } = request;
  if (method === 'HEAD') {
    const isHere = request.region === bucket.region;
    return isHere ? { headers: { 'x-amz-bucket-region': bucket.region } } : redirect(bucket, request);
  }
  if (query.has('location')) {
    return xml(`<LocationConstraint>${bucket.region === 'us-east-1' ? '' : bucket.region}</LocationConstraint>`);
  }
  if (query.has('encryption')) {
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } };
    return xml(elements({ ServerSideEncryptionConfiguration: { Rule: rule } }));
  }
  if (query.get('list-type') === '2') {
    const keys = [...bucket.objects].filter(([key]) => key.startsWith(query.get('prefix') ?? ''));
    const contents = keys.map(([key, { length }]) => ({ Key: key, Size: length }));
    return xml(
      elements({
        ListBucketResult: { Name: bucket.name, KeyCount: keys.length, IsTruncated: false, Contents: contents },
      }),
    );
  }
  return notImplemented(request);
}

/** The SDK may send a body in signed chunks: `<hex size>;chunk-signature=…\r\n<data>\r\n`, ended by one of size 0. */
function objectBody({ headers, body }: AwsRequest): Buffer {
  if (!headers['x-amz-decoded-content-length']) return body;
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < body.length;) {
    const start = body.indexOf('\r\n', offset) + 2;
    const size = parseInt(body.toString('latin1', offset, start), 16);
    if (size === 0) break;
    chunks.push(body.subarray(start, start + size));
    offset = start + size + 2;
  }
  return Buffer.concat(chunks);
}

function etag(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}
