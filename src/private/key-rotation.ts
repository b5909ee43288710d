import { CfnResource, CustomResource, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { addValidation, createProblem, Problem } from './validation/problems';
import { IntegrationProperties, PHYSICAL_ID_PREFIX, ROTATE_REQUEST_TYPE } from '../handler/contract';

export interface KeyRotationProps {
  readonly schedule: events.Schedule;
  /** The function that manages the integration. */
  readonly handler: lambda.IFunction;
  readonly resource: CustomResource;
  readonly integrationId: string;
  readonly properties: IntegrationProperties;
}

/** Lambda has the event by then, or another comes with the next schedule. */
const LONGEST_DELIVERY_SECONDS = 3600;

/**
 * Asks the handler for another access key from time to time, with an event like those of CloudFormation.
 *
 * It refers to the integration, so that it comes after it and goes before it.
 */
export class KeyRotation extends Construct {
  constructor(scope: Construct, id: string, { schedule, handler, resource, integrationId, properties }: KeyRotationProps) {
    super(scope, id);
    addValidation(this, () => validateLocation(properties.LocationPath));
    const input = events.RuleTargetInput.fromObject({
      RequestType: ROTATE_REQUEST_TYPE,
      // the same in each delivery of one event
      RequestId: events.EventField.eventId,
      StackId: Stack.of(this).stackId,
      LogicalResourceId: (resource.node.defaultChild as CfnResource).logicalId,
      PhysicalResourceId: PHYSICAL_ID_PREFIX + integrationId,
      ResourceProperties: rotationProperties(properties),
    });
    const rule = new events.Rule(this, 'Rule', {
      description: 'Gives Immuta another access key for S3',
      schedule,
      targets: [{ bind: () => ({ arn: handler.functionArn, input, retryPolicy: { maximumEventAgeInSeconds: LONGEST_DELIVERY_SECONDS } }) }],
    });
    // not with the handler, whose stack the integration's depends on
    new lambda.CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: handler.functionArn,
      principal: 'events.amazonaws.com',
      sourceArn: rule.ruleArn,
    });
  }
}

/** EventBridge reads the text between '<' and '>' in a rule's input as a variable. A token contains none of these characters. */
function validateLocation(location: string): Problem[] {
  return /[<>"]/.test(location) ? [createProblem('ROTATION_LOCATION_UNSUPPORTED', { location })] : [];
}

/** What a rotation compares the integration with, and whose keys it makes: names and ARNs, and no text of the user's, which EventBridge might not pass on. */
const ROTATION_PROPERTIES = [
  'AccountId', 'Region', 'LocationPath', 'LocationRoleArn', 'AuthenticationType', 'AccessKeyUserName', 'AccessKeyGeneration',
  'TimeoutSeconds', 'IamPropagationTimeoutSeconds',
] satisfies (keyof IntegrationProperties)[];

function rotationProperties(properties: IntegrationProperties): Record<string, string | undefined> {
  return Object.fromEntries(ROTATION_PROPERTIES.map((name) => [name, properties[name]]));
}
