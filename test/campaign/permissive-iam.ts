import { IamState } from '../sandbox/aws';

/**
 * IAM that allows each action if any policy is in effect: the evaluation of policies takes most of the time of a
 * history, and other tests cover it. A new role or policy takes time to have an effect here, too.
 */
export class PermissiveIam extends IamState {
  protected async simulate(
    ...[, , , { resourcePolicy }, { identityPolicies }]: Parameters<IamState['simulate']>
  ): Promise<boolean> {
    return resourcePolicy !== undefined || identityPolicies.length > 0;
  }
}
