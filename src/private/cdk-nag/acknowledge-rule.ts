import { CfnResource } from 'aws-cdk-lib';

/**
 * Metadata key of acknowledged rules in newer versions of aws-cdk-lib (`Validations.ACKNOWLEDGED_RULES_METADATA_KEY`).
 */
export const ACKNOWLEDGED_RULES = 'aws:cdk:acknowledged-rules';

/** Acknowledges a rule that does not apply, for cdk-nag 2 and 3. Neither is a dependency of this package. */
export function acknowledgeRule(resource: CfnResource, id: string, reason: string): void {
  resource.addMetadata('cdk_nag', { rules_to_suppress: [{ id, reason }] });
  resource.node.addMetadata(ACKNOWLEDGED_RULES, { [id]: reason });
}
