import { AwsError, AwsRequest, AwsServices, Denial, json } from './aws';
import { CloudFormation } from './cloudformation';
import { Invocation, LambdaStandIn } from './lambda';

const LOG_GROUP = 'AWS::Logs::LogGroup';

/**
 * What the `cdk` CLI reads after a failure, apart from CloudFormation: `FilterLogEvents` of CloudWatch Logs and
 * `LookupEvents` of CloudTrail.
 */
export function serveDiagnosis(lambda: LambdaStandIn, cloudFormation: CloudFormation, aws: AwsServices): void {
  aws.route('logs', async (request, next) => {
    if (request.operation !== 'FilterLogEvents') return next(request);
    const name = request.input.logGroupName as string;
    const groups = [...cloudFormation.stacks.values()].flatMap(({ resources }) => [...resources.values()])
      .filter(({ type }) => type === LOG_GROUP);
    if (!groups.some(({ physicalId }) => physicalId === name)) {
      throw new AwsError(400, 'ResourceNotFoundException', 'The specified log group does not exist.');
    }
    return json({ events: filterLogEvents(lambda.invocations, request) });
  });
  // the CLI asks for all events of a time, which is the machine's
  aws.route('cloudtrail', async (request, next) =>
    request.operation === 'LookupEvents' && !request.input.LookupAttributes
      ? json({ Events: lookUpDenials(aws.denials, request) })
      : next(request));
}

function filterLogEvents(invocations: readonly Invocation[], { input }: AwsRequest): Record<string, unknown>[] {
  const { logGroupName, startTime, endTime = Infinity, limit } = input;
  return invocations
    .filter(({ logGroup, recordedAt }) => logGroup === logGroupName && recordedAt >= startTime && recordedAt <= endTime)
    .flatMap(({ requestId, output, recordedAt: timestamp }) =>
      [
        `START RequestId: ${requestId} Version: $LATEST`,
        ...output.split('\n').filter(Boolean),
        `END RequestId: ${requestId}`,
        `REPORT RequestId: ${requestId}\tDuration: 100.00 ms\tBilled Duration: 100 ms`,
      ].map((message) => ({ timestamp, message: `${message}\n` })),
    )
    .slice(0, limit);
}

/** Times of the JSON protocol are seconds. */
function lookUpDenials(denials: readonly Denial[], { input }: AwsRequest): Record<string, unknown>[] {
  const { StartTime, EndTime } = input;
  return denials
    .filter(({ recordedAt }) => recordedAt >= StartTime * 1000 && recordedAt <= EndTime * 1000)
    .map(({ request, error, recordedAt }) => ({
      EventTime: recordedAt / 1000,
      CloudTrailEvent: JSON.stringify({
        eventTime: new Date(recordedAt).toISOString(),
        eventSource: `${request.service}.amazonaws.com`,
        eventName: request.operation,
        errorCode: error.code,
        errorMessage: error.message,
        userIdentity: {
          arn: `${request.principal.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session`,
          sessionContext: { sessionIssuer: { arn: request.principal } },
        },
      }),
    }));
}
