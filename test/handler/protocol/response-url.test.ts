import { isResponseUrl } from '../../../src/handler/protocol/response-url';

const QUERY = 'arn%3Aaws%3Acloudformation?X-Amz-Signature=s';
const BUCKET = 'cloudformation-custom-resource-response';

/** As CloudFormation sends them, in samples of AWS and in logs that users have published. */
test.each([
  ['us-east-1', `${BUCKET}-useast1.s3.amazonaws.com`],
  ['us-west-2', `${BUCKET}-uswest2.s3-us-west-2.amazonaws.com`],
  ['eu-west-1', `${BUCKET}-euwest1.s3.eu-west-1.amazonaws.com`],
  ['us-gov-west-1', `${BUCKET}-usgovwest1.s3.us-gov-west-1.amazonaws.com`],
  ['cn-north-1', `${BUCKET}-cnnorth1.s3.cn-north-1.amazonaws.com.cn`],
  ['ap-southeast-5', `${BUCKET}-apsoutheast5.s3.dualstack.ap-southeast-5.amazonaws.com`],
  ['us-iso-east-1', `${BUCKET}-usisoeast1.s3.us-iso-east-1.c2s.ic.gov`],
  ['eusc-de-east-1', `${BUCKET}-euscdeeast1.s3.eusc-de-east-1.amazonaws.eu`],
])('accepts the response URL of CloudFormation in %s', (region, host) => {
  expect(isResponseUrl(`https://${host}/${QUERY}`, { AWS_REGION: region })).toBe(true);
});

test.each([
  ['of no text', ''],
  ['of no URL', 'useast1'],
  ['without TLS', `http://${BUCKET}-useast1.s3.amazonaws.com/`],
  ['of another scheme', `ftp://${BUCKET}-useast1.s3.amazonaws.com/`],
  ['with credentials', `https://u:p@${BUCKET}-useast1.s3.amazonaws.com/`],
  ['with a port', `https://${BUCKET}-useast1.s3.amazonaws.com:8443/`],
  ['of another Region', `https://${BUCKET}-uswest2.s3-us-west-2.amazonaws.com/`],
  ['of another bucket', 'https://cloudformation-custom-resource-responses.s3.amazonaws.com/'],
  ['of a bucket with that prefix', `https://${BUCKET}-useast1-mine.s3.amazonaws.com/`],
  ['of an access point', `https://${BUCKET}-useast1.s3-accesspoint.us-east-1.amazonaws.com/`],
  ['of another service', `https://${BUCKET}-useast1.execute-api.us-east-1.amazonaws.com/`],
  ['of another domain', `https://${BUCKET}-useast1.s3.amazonaws.com.evil.example/`],
  ['with that host as the user', `https://${BUCKET}-useast1.s3.amazonaws.com@evil.example/`],
  ['of the metadata of the machine', 'http://169.254.169.254/latest/meta-data'],
  ['of this machine', 'http://127.0.0.1:8080/'],
  ['of this machine, by name', 'http://localhost:8080/'],
])('refuses a response URL %s', (_, url) => {
  expect(isResponseUrl(url, { AWS_REGION: 'us-east-1' })).toBe(false);
});

test.each(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])('accepts a response URL on the host of %s', (name) => {
  const environment = { AWS_REGION: 'us-east-1', [name]: 'http://127.0.0.1:4566' };

  expect(isResponseUrl('http://127.0.0.1:9000/response', environment)).toBe(true);
  expect(isResponseUrl('http://127.0.0.2:4566/response', environment)).toBe(false);
});

test('accepts no response URL when the function has no Region', () => {
  expect(isResponseUrl(`https://${BUCKET}-.s3.amazonaws.com/`, {})).toBe(false);
});
