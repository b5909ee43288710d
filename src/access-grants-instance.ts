import { Arn, ArnFormat, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { IAccessGrantsInstance } from './interfaces';
import { AccessGrantsInstanceBase, DefinedInstance } from './private/access-grants-instance-base';
import { formatInstanceArn } from './private/stacks';
import { containsDummy } from './private/tokens';
import { validateIdentityCenterArn } from './private/validation/identity-center';
import { addValidation, createProblem, throwProblems } from './private/validation/problems';
import { validateRemovalPolicy } from './private/validation/removal';

/** Properties for an S3 Access Grants instance. */
export interface AccessGrantsInstanceProps {
  /**
   * ARN of the IAM Identity Center instance whose users and groups can be grantees. It must be in the same Region.
   *
   * @default - only IAM principals can be grantees
   */
  readonly identityCenterInstanceArn?: string;

  /**
   * What CloudFormation does with the instance when it leaves the template.
   *
   * AWS cannot delete an instance that has locations or grants, or that is associated with Identity Center.
   *
   * @default - `RemovalPolicy.DESTROY`. With Identity Center, or if an integration that uses the instance is retained,
   * `RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE`
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The explicit instance and the default one have the same logical ID. An explicit instance replaces nothing that is
 * deployed.
 */
const LOGICAL_ID = 'S3AccessGrantsInstance';

const EXAMPLE_ARN = 'arn:aws:s3:us-east-1:111122223333:access-grants/default';

/**
 * Defines the S3 Access Grants instance of the stack's account and Region with CloudFormation's own resource type.
 *
 * AWS allows one instance for each account and Region. If it exists already or is used by others, define an
 * `AdoptingAccessGrantsInstance`, or import it with `fromDefault`. Integrations without an `accessGrantsInstance` share
 * one that the first of them defines. An explicit instance takes its place.
 *
 * CloudFormation cannot change the association with Identity Center, and cannot delete an associated instance.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class AccessGrantsInstance extends DefinedInstance {
  /**
   * Imports an instance by its ARN.
   *
   * @param scope the scope of the import
   * @param id the construct ID of the import
   * @param accessGrantsInstanceArn ARN of the instance
   */
  public static fromAccessGrantsInstanceArn(
    scope: Construct, id: string, accessGrantsInstanceArn: string,
  ): IAccessGrantsInstance {
    // A lookup returns something else until the CLI has looked up the ARN.
    const isLookedUp = !containsDummy(accessGrantsInstanceArn);
    if (isLookedUp && !isInstanceArn(accessGrantsInstanceArn)) {
      throwProblems(scope, [
        createProblem('INSTANCE_ARN_INVALID', { example: EXAMPLE_ARN, got: JSON.stringify(accessGrantsInstanceArn) }),
      ]);
    }
    class Import extends AccessGrantsInstanceBase {
      public readonly accessGrantsInstanceArn = accessGrantsInstanceArn;
      public readonly accessGrantsInstanceId = isLookedUp
        ? Arn.split(accessGrantsInstanceArn, ArnFormat.SLASH_RESOURCE_NAME).resourceName! : 'default';
    }
    return new Import(scope, id);
  }

  /**
   * Imports the instance of the stack's account and Region.
   *
   * @param scope the scope of the import
   * @param id the construct ID of the import
   */
  public static fromDefault(scope: Construct, id: string): IAccessGrantsInstance {
    return AccessGrantsInstance.fromAccessGrantsInstanceArn(scope, id, formatInstanceArn(Stack.of(scope)));
  }

  /** @internal */
  public readonly _identityCenterInstanceArn?: string;

  constructor(scope: Construct, id: string, props: AccessGrantsInstanceProps = {}) {
    super(scope, id, props.removalPolicy);
    this._identityCenterInstanceArn = props.identityCenterInstanceArn;
    addValidation(this, () => [
      ...validateIdentityCenterArn('identityCenterInstanceArn', props.identityCenterInstanceArn),
      ...validateRemovalPolicy(props.removalPolicy),
    ]);
    const resource = new s3.CfnAccessGrantsInstance(this, 'Resource', {
      identityCenterArn: props.identityCenterInstanceArn,
    });
    resource.overrideLogicalId(LOGICAL_ID);
    // Tags are create-only. A changed tag of the app would replace the only instance of the account.
    resource.addPropertyDeletionOverride('Tags');
    this._define(
      resource,
      props.removalPolicy ?? (props.identityCenterInstanceArn ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY),
    );
  }
}

function isInstanceArn(arn: string): boolean {
  return Token.isUnresolved(arn) || /^arn:[^:]+:s3:[^:]+:[^:]+:access-grants\/[^/]+$/.test(arn);
}
