import { Stack } from 'aws-cdk-lib';

/** ARN of the one S3 Access Grants instance that the stack's account has in the stack's Region; it need not exist to be known. */
export function instanceArnOf(stack: Stack): string {
  return stack.formatArn({ service: 's3', resource: 'access-grants', resourceName: 'default' });
}
