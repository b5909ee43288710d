import { CfnResource, CustomResource, Duration, Lazy } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { isRetained } from './removal-policy';

/** CloudFormation waits an hour for a custom resource at most. */
const MAX_SERVICE_TIMEOUT_SECONDS = 3600;

/** The handler reports a time-out itself, with its cause, so CloudFormation waits this much longer. */
const MARGIN_SECONDS = 300;

/** Options for a custom resource. */
export interface CustomResourceOptions {
  readonly resourceType: string;
  readonly handlerArn: string;
  /** Time after which the handler reports a time-out. */
  readonly timeout: Duration;
  readonly properties: object;
}

/** Creates the custom resource that the handler function answers. */
export function createCustomResource(scope: Construct, options: CustomResourceOptions): CustomResource {
  const serviceTimeout = Math.min(options.timeout.toSeconds() + MARGIN_SECONDS, MAX_SERVICE_TIMEOUT_SECONDS);
  return new CustomResource(scope, 'Resource', {
    resourceType: options.resourceType,
    serviceToken: options.handlerArn,
    serviceTimeout: Duration.seconds(serviceTimeout),
    properties: { ...options.properties },
  });
}

/**
 * Renders the deletion policy of a resource as a property. Without it, a change of the policy alone would not be an
 * update.
 */
export function renderRemovalPolicy(resource: () => CfnResource): 'destroy' | 'retain' {
  return Lazy.string({ produce: () => isRetained(resource()) ? 'retain' : 'destroy' }) as 'destroy' | 'retain';
}
