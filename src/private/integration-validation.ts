import { Annotations, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { IConstruct } from 'constructs';
import { DefinedInstance } from './access-grants-instance-base';
import { findDefinedInstance, findInstanceEnvironment } from './default-instance';
import { Registry } from './registry';
import { IAccessGrantsInstance, IImmutaTenant } from '../interfaces';
import { ComparableIntegration, ComparableLocation, findOverlaps, validateUniqueness } from './validation/duplicates';
import { validateDuration, validateTimeouts } from './validation/durations';
import { validateEncryptionKeys } from './validation/encryption-keys';
import { validateEnvironment } from './validation/environment';
import { IdentityCenterIds, validateIdentityCenter } from './validation/identity-center';
import { validateIntegrationName } from './validation/names';
import { validateAdoption, validateRemovalPolicy } from './validation/removal';

/** Properties of an integration that are checked. */
export interface CheckedProps {
  readonly tenant: IImmutaTenant;
  readonly location: CheckedLocation;
  readonly accessGrantsInstance?: IAccessGrantsInstance;
  readonly integrationName?: string;
  readonly adopt?: string;
  readonly identityCenter?: IdentityCenterIds;
  readonly timeout?: Duration;
  readonly iamPropagationTimeout?: Duration;
}

/** A location that checks itself. */
export interface CheckedLocation extends ComparableLocation {
  readonly _exceedsFolder: boolean;
  readonly _prefix?: string;
  _validate(): string[];
  _validateRegion(region: string): string[];
}

/** What is known of an integration at the end of the synthesis. */
export interface CheckedState {
  readonly removalPolicy?: RemovalPolicy;
  readonly encryptionKeys: kms.IKey[];
  readonly managedUser?: { readonly user: iam.IUser; readonly isOwn: boolean };
}

const INTEGRATIONS = new Registry<ComparableIntegration>();

/**
 * Checks an integration: at once what would make the CDK fail with a text of its own, and the rest at the end of the synthesis.
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
    findManagedUser: () => getState().managedUser?.user,
  };
  const earlier = () => INTEGRATIONS.findEarlier(construct);
  warnOfLocation(construct, props.location);
  for (const [id, message] of findOverlaps(integration, earlier())) {
    Annotations.of(construct).addWarningV2(`cdk-immuta-s3-integration:${id}`, message);
  }
  INTEGRATIONS.add(construct, integration);
  construct.node.addValidation({
    validate: () => [...validateProps(props), ...validateState(construct, props, getState()), ...validateUniqueness(integration, earlier())],
  });
}

/** The other checks compare durations, so that these must be numbers. */
function validateDurations(construct: IConstruct, props: CheckedProps): void {
  const problems = [
    ...validateDuration('timeout', props.timeout), ...validateDuration('iamPropagationTimeout', props.iamPropagationTimeout),
  ];
  if (problems.length > 0) {
    throw new Error(`[${construct.node.path}] ${problems.join('\n')}`);
  }
}

/** The CDK reports a reference across environments before it runs validations, and does not name the property. */
function validateReferences(construct: IConstruct, props: CheckedProps): void {
  const problems = [
    ...validateEnvironment(construct, props.tenant, props.accessGrantsInstance && findInstanceEnvironment(props.accessGrantsInstance)),
    ...props.location._validateRegion(Stack.of(construct).region),
  ];
  if (problems.length > 0) {
    throw new Error(`[${construct.node.path}] ${[...problems, ...validateProps(props)].join('\n')}`);
  }
}

function validateProps(props: CheckedProps): string[] {
  return [
    ...props.location._validate(),
    ...validateIntegrationName(props.integrationName, props.adopt !== undefined),
    ...validateTimeouts(props),
  ];
}

function validateState(construct: IConstruct, props: CheckedProps, state: CheckedState): string[] {
  const { adopt, identityCenter } = props;
  const defined = findDefinedInstance(construct);
  const instance = props.accessGrantsInstance ?? (defined?._explicit ? defined : undefined);
  return [
    ...validateRemovalPolicy('an integration', state.removalPolicy),
    ...validateEncryptionKeys(state.encryptionKeys),
    ...validateIdentityCenter(identityCenter, instance !== undefined),
    ...identityCenter && instance instanceof DefinedInstance ? instance._validateAssociation(identityCenter.instanceArn) : [],
    ...validateAdoption({
      adopt,
      removalPolicy: state.removalPolicy,
      hasInstance: (props.accessGrantsInstance ?? defined) !== undefined,
      definesUser: state.managedUser?.isOwn === true,
    }),
  ];
}

function warnOfLocation(construct: IConstruct, location: CheckedLocation): void {
  if (location._exceedsFolder) {
    Annotations.of(construct).addWarningV2('cdk-immuta-s3-integration:prefix-without-slash',
      `the location covers every key that begins with ${JSON.stringify(location._prefix)}, `
      + `such as ${JSON.stringify(`${location._prefix}-other/key`)}: end the prefix with '/' if it means a folder`);
  }
}
