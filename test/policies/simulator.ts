import { runSimulation, Simulation } from '@cloud-copilot/iam-simulate';
import { ACCOUNT, Names, ResolvedTemplate, resolveTemplate, Target } from './resolve-template';

export type Verdict = 'allowed' | 'denied';
export type Context = Record<string, string | string[]>;

export interface PolicyDocument {
  readonly Version?: string;
  readonly Statement: any;
}

/** A principal: its ARN and its policies. */
export interface Principal {
  readonly arn: string;
  readonly identityPolicies: PolicyDocument[];
  readonly permissionsBoundary?: PolicyDocument;
}

export interface Request {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context?: Context;
  /** ID of the account that owns the resource. */
  readonly resourceAccount?: string;
  /** Policy of the bucket, key or role. */
  readonly resourcePolicy?: PolicyDocument;
}

/** Returns the decision of AWS. Throws an error if the action, the resource or a context key does not exist. */
export async function evaluate(request: Request): Promise<Verdict> {
  const boundary = request.principal.permissionsBoundary;
  const simulation: Simulation = {
    request: {
      principal: request.principal.arn,
      action: request.action,
      resource: { resource: request.resource, accountId: request.resourceAccount ?? ACCOUNT },
      contextVariables: request.context ?? {},
    },
    identityPolicies: request.principal.identityPolicies.map((policy, index) => ({ name: `policy-${index}`, policy })),
    permissionBoundaryPolicies: boundary && [{ name: 'boundary', policy: boundary }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: request.resourcePolicy,
  };
  const answer = await runSimulation(simulation, {});
  if (answer.resultType !== 'single') {
    throw new Error(`cannot evaluate ${request.action} on ${request.resource}: ${JSON.stringify(answer)}`);
  }
  const ignored = answer.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) {
    throw new Error(`${request.action} has no context ${ignored.join(', ')}: the row would prove nothing`);
  }
  return answer.overallResult === 'Allowed' ? 'allowed' : 'denied';
}

/** The principals of one synthesized template. */
export class TemplatePolicies {
  private readonly template: ResolvedTemplate;

  /** @param boundaries documents of permissions boundaries that the template refers to, by ARN */
  constructor(
    template: Record<string, any>,
    private readonly target: Target,
    private readonly names: Names = {},
    private readonly boundaries: Record<string, PolicyDocument> = {},
  ) {
    this.template = resolveTemplate(template, target, names);
  }

  /** Resolves a value that refers to the resources of the template. */
  public resolve(value: any): any {
    return this.template.resolve(value);
  }

  /** Returns the session of a role. */
  public role(logicalId: string): Principal {
    const arn = `arn:${this.target.partition}:sts::${ACCOUNT}:assumed-role/${this.nameOf(logicalId)}/session`;
    return { arn, ...this.policiesOf(logicalId, 'AWS::IAM::Role', 'Roles') };
  }

  public user(logicalId: string): Principal {
    const arn = `arn:${this.target.partition}:iam::${ACCOUNT}:user/${this.nameOf(logicalId)}`;
    return { arn, ...this.policiesOf(logicalId, 'AWS::IAM::User', 'Users') };
  }

  /** Returns the session of an imported role, with the policies that the template attaches to its name. */
  public importedRole(name: string): Principal {
    const arn = `arn:${this.target.partition}:sts::${ACCOUNT}:assumed-role/${name}/session`;
    return { arn, identityPolicies: this.attachedTo(name, 'Roles') };
  }

  /** Returns an imported user, with the policies that the template attaches to its name. */
  public importedUser(name: string): Principal {
    const arn = `arn:${this.target.partition}:iam::${ACCOUNT}:user/${name}`;
    return { arn, identityPolicies: this.attachedTo(name, 'Users') };
  }

  public trustOf(logicalId: string): PolicyDocument {
    return this.get(logicalId, 'AWS::IAM::Role').AssumeRolePolicyDocument;
  }

  private policiesOf(logicalId: string, type: string, attachment: string): Omit<Principal, 'arn'> {
    const properties = this.get(logicalId, type);
    const inline: PolicyDocument[] = (properties.Policies ?? []).map((policy: any) => policy.PolicyDocument);
    const managed: string[] = properties.ManagedPolicyArns ?? [];
    return {
      identityPolicies: [
        ...inline,
        ...this.attachedTo(this.nameOf(logicalId), attachment),
        ...managed.map((arn) => this.managed(arn)),
      ],
      permissionsBoundary: properties.PermissionsBoundary && this.boundary(properties.PermissionsBoundary),
    };
  }

  private attachedTo(name: string, attachment: string): PolicyDocument[] {
    const isAttached = ({ Type, Properties }: TemplatePolicies['template']['resources'][string]) =>
      Type === 'AWS::IAM::RolePolicy'
        ? attachment === 'Roles' && Properties.RoleName === name
        : ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(Type) &&
          (Properties[attachment] ?? []).includes(name);
    return Object.values(this.template.resources)
      .filter(isAttached)
      .map(({ Properties }) => Properties.PolicyDocument);
  }

  private managed(arn: string): PolicyDocument {
    const name = arn.split('/').at(-1);
    const found = Object.entries(this.template.resources).find(
      ([id, { Type }]) => Type === 'AWS::IAM::ManagedPolicy' && this.nameOf(id) === name,
    );
    if (!found) {
      throw new Error(`the template does not define the managed policy ${arn}`);
    }
    return found[1].Properties.PolicyDocument;
  }

  private boundary(arn: string): PolicyDocument {
    if (!(arn in this.boundaries)) {
      throw new Error(`no document is known for the permissions boundary ${arn}`);
    }
    return this.boundaries[arn];
  }

  private get(logicalId: string, type: string): Record<string, any> {
    const resource = this.template.resources[logicalId];
    if (resource?.Type !== type) {
      throw new Error(`the template has no ${type} '${logicalId}'`);
    }
    return resource.Properties;
  }

  private nameOf(logicalId: string): string {
    return this.names[logicalId] ?? logicalId;
  }
}
