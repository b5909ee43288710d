import { Arn, ArnFormat, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { IAccessGrantsInstance } from './interfaces';
import { AccessGrantsInstanceBase, DefinedInstance } from './private/access-grants-instance-base';
import { formatInstanceArn } from './private/stacks';

/** Properties of an S3 Access Grants instance. */
export interface AccessGrantsInstanceProps {
  /**
   * ARN of the IAM Identity Center instance whose users and groups can be grantees; it must be in the same Region.
   *
   * @default - grantees are IAM principals only
   */
  readonly identityCenterInstanceArn?: string;

  /**
   * What happens to the instance when it leaves the template.
   *
   * AWS refuses to delete an instance in which anybody still has a location or a grant, or that is associated with Identity Center.
   *
   * @default - `RemovalPolicy.DESTROY`; `RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE` with Identity Center or when an integration in it
   * is retained
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The instance has this logical id whether it is explicit or not, so that making it explicit changes nothing in the template. */
const LOGICAL_ID = 'S3AccessGrantsInstance';

/**
 * Defines the S3 Access Grants instance of the stack's account and Region.
 *
 * AWS has one for each account and Region: where it exists already, or others use it, define an `AdoptingAccessGrantsInstance`, or import it with
 * `fromDefault`. Integrations that name none share one that the first of them defines; an explicit one takes its place.
 *
 * This is CloudFormation's own type, which cannot change its association with Identity Center, nor be deleted with one.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html
 */
export class AccessGrantsInstance extends DefinedInstance {
  /**
   * Imports an instance by its ARN.
   *
   * @param scope the construct that the import belongs to
   * @param id the id of the import
   * @param accessGrantsInstanceArn ARN of the instance
   */
  public static fromAccessGrantsInstanceArn(scope: Construct, id: string, accessGrantsInstanceArn: string): IAccessGrantsInstance {
    if (!Token.isUnresolved(accessGrantsInstanceArn) && !/^arn:[^:]+:s3:[^:]+:[^:]+:access-grants\/[^/]+$/.test(accessGrantsInstanceArn)) {
      throw new Error('\'accessGrantsInstanceArn\' must look like arn:aws:s3:us-east-1:111122223333:access-grants/default, '
        + `got ${JSON.stringify(accessGrantsInstanceArn)}: 'aws s3control list-access-grants-instances' prints it`);
    }
    class Import extends AccessGrantsInstanceBase {
      public readonly accessGrantsInstanceArn = accessGrantsInstanceArn;
      public readonly accessGrantsInstanceId = Arn.split(accessGrantsInstanceArn, ArnFormat.SLASH_RESOURCE_NAME).resourceName!;
    }
    return new Import(scope, id);
  }

  /**
   * Imports the instance that the stack's account has in the stack's Region.
   *
   * @param scope the construct that the import belongs to
   * @param id the id of the import
   */
  public static fromDefault(scope: Construct, id: string): IAccessGrantsInstance {
    return AccessGrantsInstance.fromAccessGrantsInstanceArn(scope, id, formatInstanceArn(Stack.of(scope)));
  }

  /** @internal */
  public readonly _identityCenterInstanceArn?: string;

  constructor(scope: Construct, id: string, props: AccessGrantsInstanceProps = {}) {
    super(scope, id, props.removalPolicy);
    this._identityCenterInstanceArn = props.identityCenterInstanceArn;
    const resource = new s3.CfnAccessGrantsInstance(this, 'Resource', { identityCenterArn: props.identityCenterInstanceArn });
    resource.overrideLogicalId(LOGICAL_ID);
    // the construct's path is all that would tell an explicit instance's template from a default one's
    delete resource.cfnOptions.metadata?.['aws:cdk:path'];
    // tags are create-only: a changed tag of the app would replace the one instance that the account has
    resource.addPropertyDeletionOverride('Tags');
    this._define(resource, props.removalPolicy ?? (props.identityCenterInstanceArn ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY));
  }
}
