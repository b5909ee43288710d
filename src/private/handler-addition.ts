import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';

/** What an option adds to the function. */
export interface HandlerAddition {
  readonly statements: iam.PolicyStatement[];
  readonly environment: Record<string, string>;
  readonly layers: lambda.ILayerVersion[];
}
