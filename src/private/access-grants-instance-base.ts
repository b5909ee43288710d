import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { IAccessGrantsInstance } from '../access-grants-instance';
import { DATA_ACCESS_ACTIONS } from './policies/data-access';

/**
 * An S3 Access Grants instance, whether it is defined or imported.
 *
 * @internal
 */
export abstract class AccessGrantsInstanceBase extends Construct implements IAccessGrantsInstance {
  public abstract readonly accessGrantsInstanceArn: string;
  public abstract readonly accessGrantsInstanceId: string;

  public grantDataAccess(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: DATA_ACCESS_ACTIONS, resourceArns: [this.accessGrantsInstanceArn] });
  }
}
