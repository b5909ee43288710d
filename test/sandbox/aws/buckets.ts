import { AwsError } from './aws-error';
import { PolicyDocument } from './iam';

export interface Bucket {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  policy?: PolicyDocument;
  readonly objects: Map<string, Buffer>;
}

/** The buckets of the sandbox's S3, of whatever account. */
export class BucketsState {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly accountId: string, private readonly region: string) {}

  createBucket(name: string, options: { accountId?: string; region?: string; policy?: PolicyDocument } = {}): Bucket {
    if (this.buckets.has(name)) {
      throw new AwsError(409, 'BucketAlreadyExists', 'The requested bucket name is not available.');
    }
    const bucket = { name, accountId: this.accountId, region: this.region, objects: new Map(), ...options };
    this.buckets.set(name, bucket);
    return bucket;
  }

  deleteBucket(name: string): void {
    if (this.bucket(name).objects.size > 0) {
      throw new AwsError(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
    }
    this.buckets.delete(name);
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist');
    return bucket;
  }

  get names(): string[] {
    return [...this.buckets.keys()];
  }
}
