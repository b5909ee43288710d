import * as iam from 'aws-cdk-lib/aws-iam';

/** Returns the statement with which EventBridge Scheduler invokes the function of a tenant. */
export function buildScheduleStatements(handlerArn: string): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [handlerArn] })];
}

/** Returns the statement with which the function sends findings to an event bus. */
export function buildPutEventsStatements(eventBusArn: string): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: [eventBusArn] })];
}
