import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { DefinedInstance } from './access-grants-instance-base';
import { findDefinedInstance, findInstanceEnvironment } from './default-instance';
import { IAccessGrantsInstance, IImmutaTenant } from '../interfaces';
import {
  ComparableIntegration, ComparableLocation, registerIntegration, validateUniqueness,
} from './validation/duplicates';
import { validateDuration, validateTimeouts } from './validation/durations';
import { validateEncryptionKey, validateKeyReference } from './validation/encryption-keys';
import { validateAccountId, validateEnvironment } from './validation/environment';
import { IdentityCenterIds, validateIdentityCenter } from './validation/identity-center';
import { validateIntegrationName, validateLocationIdentity } from './validation/names';
import { addValidation, Problem, throwProblems } from './validation/problems';
import { validateAdoption, validateRemovalPolicy } from './validation/removal';
import { addStackSizeValidation } from './validation/stack-size';

/** Properties of an integration that are checked. */
export interface CheckedProps {
  readonly tenant: IImmutaTenant;
  readonly location: CheckedLocation;
  readonly accessGrantsInstance?: IAccessGrantsInstance;
  readonly integrationName?: string;
  readonly bucketAccount?: string;
  readonly encryptionKeys?: kms.IKey[];
  readonly locationIdentity?: string;
  readonly adopt?: string;
  readonly identityCenter?: IdentityCenterIds;
  readonly timeout?: Duration;
  readonly iamPropagationTimeout?: Duration;
}

/** A location that checks itself. */
export interface CheckedLocation extends ComparableLocation {
  readonly _encryptionKeys: kms.IKey[];
  _validate(bucketAccount?: string): Problem[];
  _validateRegion(region: string): Problem[];
  _addWarnings(scope: IConstruct): void;
}

/** What is known of an integration at the end of the synthesis. */
export interface CheckedState {
  readonly removalPolicy?: RemovalPolicy;
  readonly encryptionKeys: kms.IKey[];
  readonly managedAccessKey?: { readonly user: iam.IUser; readonly isOwn: boolean };
}

/**
 * Validates an integration.
 *
 * The checks of durations and references throw an error at once. All other checks run at the end of the synthesis.
 *
 * @param getState returns what is known at the end of the synthesis
 */
export function validateIntegration(construct: IConstruct, props: CheckedProps, getState: () => CheckedState): void {
  validateDurations(construct, props);
  validateReferences(construct, props);
  const integration: ComparableIntegration = {
    construct,
    tenantUrl: props.tenant.url,
    location: props.location,
    name: props.integrationName,
  };
  props.location._addWarnings(construct);
  registerIntegration(integration);
  addStackSizeValidation(Stack.of(construct));
  addValidation(construct, () => [
    ...validateProps(props),
    ...validateState(construct, props, getState()),
    ...validateUniqueness(integration, getState().managedAccessKey?.user),
  ]);
}

/** The other checks compare durations, so that these must be numbers. */
function validateDurations(construct: IConstruct, props: CheckedProps): void {
  throwProblems(construct, [
    ...validateDuration('timeout', props.timeout),
    ...validateDuration('iamPropagationTimeout', props.iamPropagationTimeout),
  ]);
}

/** The CDK reports a reference across environments before it runs validations, and does not name the property. */
function validateReferences(construct: IConstruct, props: CheckedProps): void {
  const problems = [
    ...validateEnvironment(
      construct,
      props.tenant,
      props.accessGrantsInstance && findInstanceEnvironment(props.accessGrantsInstance),
    ),
    ...props.location._validateRegion(Stack.of(construct).region),
    ...[...props.location._encryptionKeys, ...props.encryptionKeys ?? []]
      .flatMap((key) => validateKeyReference(construct, key)),
  ];
  throwProblems(construct, problems.length > 0 ? [...problems, ...validateProps(props)] : []);
}

function validateProps(props: CheckedProps): Problem[] {
  return [
    ...props.location._validate(props.bucketAccount),
    ...validateIntegrationName(props.integrationName, props.adopt !== undefined),
    ...validateLocationIdentity(props.locationIdentity),
    ...validateAccountId('bucketAccount', props.bucketAccount),
    ...validateAccountId('identityCenter.identityStoreAccount', props.identityCenter?.identityStoreAccount),
    ...validateTimeouts(props),
  ];
}

function validateState(construct: IConstruct, props: CheckedProps, state: CheckedState): Problem[] {
  const { adopt, identityCenter } = props;
  const defined = findDefinedInstance(construct);
  const instance = props.accessGrantsInstance ?? (defined?._explicit ? defined : undefined);
  return [
    ...validateRemovalPolicy(state.removalPolicy),
    ...state.encryptionKeys.flatMap((key) => validateEncryptionKey(
      props.location._encryptionKeys.includes(key) ? 'location.encryptionKey' : 'encryptionKeys', key,
    )),
    ...validateIdentityCenter(identityCenter, instance !== undefined),
    ...(identityCenter && instance instanceof DefinedInstance
      ? instance._validateAssociation(identityCenter.instanceArn)
      : []),
    ...validateAdoption({
      adopt,
      integration: construct,
      hasInstance: (props.accessGrantsInstance ?? defined) !== undefined,
      definesUser: state.managedAccessKey?.isOwn === true,
    }),
  ];
}
