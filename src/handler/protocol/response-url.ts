import { Environment } from '../runtime/environment';

/** Domains of Amazon S3 in the partitions of AWS. */
const DOMAINS = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'c2s.ic.gov',
  'sc2s.sgov.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
];

const BUCKET = /^cloudformation-custom-resource-response-([a-z0-9-]+)$/;

/**
 * Whether a URL is one to which CloudFormation lets a function of this Region respond: a bucket of its own. Otherwise,
 * everyone who can invoke the function could make it send requests to any address.
 *
 * If the function has another endpoint of Amazon S3, as with a local copy of AWS, its host counts as well. That is a
 * setting of the function, which no event changes.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html
 */
export function isResponseUrl(text: string, environment: Environment = process.env): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password) {
    return false;
  }
  return isOfLocalEndpoint(url, environment) || (url.protocol === 'https:' && isResponseBucket(url, environment));
}

function isResponseBucket({ hostname, port }: URL, { AWS_REGION: region = '' }: Environment): boolean {
  const domain = DOMAINS.find((each) => hostname.endsWith(`.${each}`));
  if (!domain || port) {
    return false;
  }
  const [bucket, ...service] = hostname.slice(0, -domain.length - 1).split('.');
  const bucketRegion = BUCKET.exec(bucket)?.[1];
  const services = ['s3', `s3-${region}`, `s3.${region}`, `s3.dualstack.${region}`];
  return bucketRegion !== undefined && isSameRegion(bucketRegion, region) && services.includes(service.join('.'));
}

/** The buckets are named after their Region without its hyphens. */
function isSameRegion(bucketRegion: string, region: string): boolean {
  return bucketRegion.replaceAll('-', '') === region.replaceAll('-', '');
}

function isOfLocalEndpoint({ hostname }: URL, environment: Environment): boolean {
  const endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL ?? '';
  return URL.canParse(endpoint) && new URL(endpoint).hostname === hostname;
}
