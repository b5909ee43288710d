import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/**
 * A destination that records the statements which it grants the function.
 *
 * The CDK adds them to a new role. It would drop them for a role that accepts no policies, and add them to another
 * given role under a name that is not unique.
 */
export class RecordingDestination implements lambda.IDestination {
  public readonly statements: iam.PolicyStatement[] = [];

  /** @param isForwarded whether the CDK adds the statements to the role of the function */
  constructor(private readonly destination: lambda.IDestination, private readonly isForwarded: boolean) {}

  public bind(scope: Construct, fn: lambda.IFunction, options?: lambda.DestinationOptions): lambda.DestinationConfig {
    const { grantPrincipal } = fn;
    const addToPrincipalPolicy = (statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult => {
      this.statements.push(statement);
      return this.isForwarded
        ? grantPrincipal.addToPrincipalPolicy(statement)
        : { statementAdded: true, policyDependable: scope };
    };
    const principal = Object.create(grantPrincipal, { addToPrincipalPolicy: { value: addToPrincipalPolicy } });
    return this.destination.bind(scope, Object.create(fn, { grantPrincipal: { value: principal } }), options);
  }
}
