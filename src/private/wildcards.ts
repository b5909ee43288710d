import { CfnResource, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { IConstruct } from 'constructs';
import { wildcardAcknowledgements } from './policies/wildcards';

/** Where newer versions of aws-cdk-lib keep acknowledged rules (`Validations.ACKNOWLEDGED_RULES_METADATA_KEY`) and cdk-nag 3 looks. */
const ACKNOWLEDGED_RULES = 'aws:cdk:acknowledged-rules';

/** Acknowledges the wildcards that the service makes necessary, to cdk-nag 2 and 3, which users need not have. */
export function acknowledgeWildcards(construct: IConstruct, statements: iam.PolicyStatement[]): void {
  const resource = construct.node.defaultChild as CfnResource | undefined;
  // `Role.customizeRoles` makes roles without a resource
  if (!resource) {
    return;
  }
  const acknowledgements = () => wildcardAcknowledgements(Stack.of(resource), statements);
  if (acknowledgements().length === 0) {
    return;
  }
  // cdk-nag 2 reads this in an Aspect: a getter, since logical ids may change until then
  resource.addMetadata('cdk_nag', {
    get rules_to_suppress() {
      return acknowledgements().map(({ id, reason, appliesTo }) => ({ id, reason, applies_to: [appliesTo] }));
    },
  });
  // cdk-nag 3 reads this after synthesis, when references to other stacks have become imports
  let recorded = false;
  resource.node.addValidation({
    validate: () => {
      if (!recorded) {
        const rules = acknowledgements().map(({ id, reason, appliesTo }) => [`${id}[${appliesTo}]`, reason]);
        resource.node.addMetadata(ACKNOWLEDGED_RULES, Object.fromEntries(rules));
        recorded = true;
      }
      return [];
    },
  });
}
