import { randomUUID } from 'node:crypto';
import { AwsError, AwsRequest, AwsResponse, AwsServices, elements, queryXml } from '../aws';
import { CloudFormation } from './index';
import { createRefactorOperations } from './refactor-face';
import { Stack, stateAt, statusAt } from './stack';
import { parseTemplate, Template } from './template';

interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly stack: Stack;
  readonly template: Template;
  readonly parameters: Record<string, string>;
  readonly tags: Record<string, string>;
  readonly createdAt: number;
  readonly hasChanges: boolean;
  executed: boolean;
}

export interface HttpFaceOptions {
  readonly cloudFormation: CloudFormation;
  readonly aws: AwsServices;
  /** Called for a request that will never be answered. */
  onSilence?(): void;
}

/** What functions ask about their own stack. */
const ASKED_BY_FUNCTIONS = ['DescribeStacks', 'DescribeStackResource'];

/** CloudFormation's API, as far as the `cdk` CLI and functions use it. */
export function serveCloudFormation(options: HttpFaceOptions): void {
  const face = new HttpFace(options);
  options.aws.route('cloudformation', async (request) => face.answer(request));
}

type Answer = (request: AwsRequest) => Record<string, unknown>;

class HttpFace {
  /** Newest first: a stack that is made again may have a change set of the same name. */
  private readonly changeSets: ChangeSet[] = [];
  private readonly operations: Record<string, Answer> = {
    DescribeStacks: (request) => {
      const stacks = this.stacks(request.input.StackName);
      return { Stacks: { member: stacks.map((stack) => describeStack(stack, this.shownUntil(request, 'stack'))) } };
    },
    DescribeStackResource: (request) => {
      const { StackName, LogicalResourceId } = request.input;
      return {
        StackResourceDetail: describeResource(
          this.find(StackName),
          LogicalResourceId,
          this.shownUntil(request, 'resource'),
        ),
      };
    },
    DescribeStackEvents: ({ input }) => ({ StackEvents: { member: describeEvents(this.find(input.StackName)) } }),
    DescribeStackResources: ({ input: { StackName, LogicalResourceId } }) => ({
      StackResources: {
        // CloudFormation still knows a resource that it has deleted
        member: LogicalResourceId
          ? [describeResource(this.find(StackName), LogicalResourceId)]
          : describeResources(this.find(StackName)),
      },
    }),
    ListStackResources: ({ input }) => ({
      StackResourceSummaries: { member: describeResources(this.find(input.StackName)) },
    }),
    ListStacks: () => ({ StackSummaries: { member: this.stacks().map((stack) => describeStack(stack)) } }),
    GetTemplate: ({ input }) => ({ TemplateBody: JSON.stringify(this.find(input.StackName).template) }),
    GetTemplateSummary: (request) => ({ Parameters: { member: describeParameters(this.templateOf(request)) } }),
    ValidateTemplate: (request) => ({ Parameters: { member: describeParameters(this.templateOf(request)) } }),
    CreateChangeSet: (request) => this.createChangeSet(request),
    DescribeChangeSet: ({ input }) => describeChangeSet(this.changeSet(input)),
    ExecuteChangeSet: ({ input }) => this.executeChangeSet(input),
    DeleteChangeSet: ({ input }) => this.deleteChangeSet(input),
    DeleteStack: ({ input }) => this.deleteStack(input.StackName),
    ContinueUpdateRollback: ({ input }) => {
      this.options.cloudFormation.continueUpdateRollback(this.find(input.StackName).name).catch(console.error);
      return {};
    },
  };

  constructor(private readonly options: HttpFaceOptions) {
    Object.assign(this.operations, createRefactorOperations(options.cloudFormation));
  }

  async answer(request: AwsRequest): Promise<AwsResponse> {
    const operation = this.operations[request.operation];
    if (!operation) throw new AwsError(400, 'InvalidAction', `the sandbox does not know ${request.operation}`);
    if (ASKED_BY_FUNCTIONS.includes(request.operation)) await this.authorize(request);
    return queryXml(request.operation, elements(operation(request)));
  }

  private async authorize({ operation, principal, region, input }: AwsRequest): Promise<void> {
    const { cloudFormation, aws, onSilence } = this.options;
    if (/:role\/cdk-/.test(principal)) return; // the CLI's own roles
    const isFunction = principal !== aws.iam.admin;
    if (isFunction && cloudFormation.describe === 'unreachable') {
      onSilence?.();
      await new Promise(() => {});
    }
    const action = `cloudformation:${operation}`;
    const known = [...cloudFormation.stacks.values(), ...cloudFormation.deleted].find(({ name, id }) =>
      [name, id].includes(input.StackName),
    );
    const arn = known?.id ?? `arn:aws:cloudformation:${region}:${aws.accountId}:stack/${input.StackName ?? '*'}/*`;
    const isAllowed = await aws.iam.authorize(principal, action, arn);
    if (isAllowed && !(isFunction && cloudFormation.describe === 'denied')) return;
    throw new AwsError(
      403,
      'AccessDenied',
      `User: ${principal} is not authorized to perform: ${action} on resource: ${arn} because no identity-based ` +
        `policy allows the ${action} action`,
    );
  }

  /** The moment from which a caller does not see changes yet. */
  private shownUntil({ principal, time }: AwsRequest, what: 'stack' | 'resource'): number {
    const {
      cloudFormation: { describeLag },
      aws,
    } = this.options;
    return principal === aws.iam.admin || describeLag[what] === 0 ? Infinity : time - describeLag[what];
  }

  private createChangeSet(request: AwsRequest): Record<string, unknown> {
    const { input, region } = request;
    const { cloudFormation } = this.options;
    const template = this.templateOf(request);
    const stack = cloudFormation.stacks.get(input.StackName) ?? cloudFormation.addStack(input.StackName, { region });
    cloudFormation.requireUpdatable(stack);
    const parameters = this.parametersOf(input, stack);
    const changeSet: ChangeSet = {
      id: `${stack.id.replace(`stack/${stack.name}`, `changeSet/${input.ChangeSetName}`)}/${randomUUID()}`,
      name: input.ChangeSetName,
      stack,
      template,
      parameters,
      tags: Object.fromEntries(members(input, 'Tags').map(({ Key, Value }) => [Key, Value])),
      // the CLI shows the events since then
      createdAt: Date.now(),
      hasChanges: cloudFormation.hasChanges(stack, template, parameters),
      executed: false,
    };
    this.changeSets.unshift(changeSet);
    return { Id: changeSet.id, StackId: stack.id };
  }

  private executeChangeSet(input: Record<string, string>): Record<string, unknown> {
    const changeSet = this.changeSet(input);
    changeSet.executed = true;
    const { stack, template, parameters, tags } = changeSet;
    const disableRollback = input.DisableRollback === 'true';
    this.options.cloudFormation.apply(stack, template, { parameters, tags, disableRollback }).catch(console.error);
    return {};
  }

  private deleteChangeSet(input: Record<string, string>): Record<string, unknown> {
    const index = this.changeSets.findIndex(
      (changeSet) =>
        changeSet.id === input.ChangeSetName ||
        (changeSet.name === input.ChangeSetName && changeSet.stack.name === input.StackName),
    );
    if (index >= 0) this.changeSets.splice(index, 1);
    return {};
  }

  private deleteStack(nameOrId: string): Record<string, unknown> {
    const { cloudFormation } = this.options;
    const stack = [...cloudFormation.stacks.values()].find(({ name, id }) => name === nameOrId || id === nameOrId);
    // deleting what is not there is no error
    if (stack) cloudFormation.destroy(stack.id).catch(console.error);
    return {};
  }

  private find(nameOrId: string): Stack {
    return this.options.cloudFormation.stack(nameOrId);
  }

  private stacks(nameOrId?: string): Stack[] {
    return nameOrId ? [this.find(nameOrId)] : [...this.options.cloudFormation.stacks.values()];
  }

  private changeSet(input: Record<string, string>): ChangeSet {
    const name = input.ChangeSetName;
    const found = this.changeSets.find(
      (changeSet) => changeSet.id === name || (changeSet.name === name && changeSet.stack.name === input.StackName),
    );
    if (!found) throw new AwsError(404, 'ChangeSetNotFound', `ChangeSet [${name}] does not exist`);
    return found;
  }

  private templateOf({ input }: AwsRequest): Template {
    if (input.TemplateBody) return parseTemplate(input.TemplateBody);
    if (!input.TemplateURL) return this.find(input.StackName).template;
    const url = new URL(input.TemplateURL);
    const virtualHosted = url.hostname.match(/^(.+)\.s3[.-]/);
    const [bucket, ...key] = virtualHosted
      ? [virtualHosted[1], ...url.pathname.slice(1).split('/')]
      : url.pathname.slice(1).split('/');
    const object = this.options.aws.buckets.bucket(bucket).objects.get(decodeURIComponent(key.join('/')));
    if (!object) {
      throw new AwsError(400, 'ValidationError', `S3 error: The specified key does not exist. ${input.TemplateURL}`);
    }
    return parseTemplate(object.toString());
  }

  private parametersOf(input: Record<string, string>, stack: Stack): Record<string, string> {
    return Object.fromEntries(
      members(input, 'Parameters').map(({ ParameterKey, ParameterValue, UsePreviousValue }) => [
        ParameterKey,
        UsePreviousValue === 'true' ? stack.parameters[ParameterKey] : ParameterValue,
      ]),
    );
  }
}

/** A list of the query protocol: `Tags.member.1.Key=…`. */
function members(input: Record<string, string>, name: string): Record<string, string>[] {
  const list: Record<string, string>[] = [];
  for (const [key, value] of Object.entries(input)) {
    const [list_, member, index, field] = key.split('.');
    if (list_ === name && member === 'member') (list[Number(index) - 1] ??= {})[field] = value;
  }
  return list;
}

function describeStack(stack: Stack, moment = Infinity): Record<string, unknown> {
  return {
    StackName: stack.name,
    StackId: stack.id,
    StackStatus: statusAt(stack, moment),
    StackStatusReason: stack.statusReason,
    Description: stack.template.Description,
    CreationTime: iso(stack.createdAt),
    LastUpdatedTime: stack.updatedAt && iso(stack.updatedAt),
    DisableRollback: false,
    EnableTerminationProtection: false,
    Parameters: {
      member: Object.entries(stack.parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    },
    Tags: { member: Object.entries(stack.tags).map(([Key, Value]) => ({ Key, Value })) },
    Outputs: {
      member: stack.outputs.map(({ key, value, description, exportName }) => ({
        OutputKey: key,
        OutputValue: value,
        Description: description,
        ExportName: exportName,
      })),
    },
    Capabilities: { member: ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'] },
  };
}

/** Newest first. */
function describeEvents(stack: Stack): Record<string, unknown>[] {
  return [...stack.events].reverse().map((event) => ({
    EventId: event.eventId,
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: event.logicalId,
    PhysicalResourceId: event.physicalId,
    ResourceType: event.type,
    Timestamp: iso(event.recordedAt),
    ResourceStatus: event.status,
    ResourceStatusReason: event.reason,
  }));
}

function describeResources(stack: Stack): Record<string, unknown>[] {
  return [...stack.resources.keys()].map((logicalId) => {
    const resource = describeResource(stack, logicalId);
    return { ...resource, Timestamp: resource.LastUpdatedTimestamp };
  });
}

/** A resource that is being created has no physical id before its answer. */
function describeResource(stack: Stack, logicalId: string, moment = Infinity): Record<string, unknown> {
  const state = stateAt(stack, logicalId, moment);
  if (!state) {
    throw new AwsError(400, 'ValidationError', `Resource ${logicalId} does not exist for stack ${stack.name}`);
  }
  return {
    StackId: stack.id,
    StackName: stack.name,
    LogicalResourceId: logicalId,
    PhysicalResourceId: state.physicalId || undefined,
    ResourceType: state.type,
    ResourceStatus: state.status,
    ResourceStatusReason: state.reason,
    LastUpdatedTimestamp: iso(state.updatedAt),
  };
}

function describeParameters(template: Template): Record<string, unknown>[] {
  return Object.entries(template.Parameters ?? {}).map(([ParameterKey, { Type, Default, NoEcho }]) =>
    ({ ParameterKey, ParameterType: Type, DefaultValue: Default, NoEcho: NoEcho ?? false }));
}

function describeChangeSet({
  id,
  name,
  stack,
  hasChanges,
  createdAt,
  executed,
  template,
}: ChangeSet): Record<string, unknown> {
  const changed = hasChanges ? Object.entries(template.Resources) : [];
  return {
    ChangeSetId: id,
    ChangeSetName: name,
    StackId: stack.id,
    StackName: stack.name,
    CreationTime: iso(createdAt),
    Status: hasChanges ? 'CREATE_COMPLETE' : 'FAILED',
    StatusReason: hasChanges
      ? undefined
      : "The submitted information didn't contain changes. Submit different information to create a change set.",
    ExecutionStatus: executed ? 'EXECUTE_COMPLETE' : hasChanges ? 'AVAILABLE' : 'UNAVAILABLE',
    Changes: {
      member: changed.map(([logicalId, { Type }]) => ({
        Type: 'Resource',
        ResourceChange: {
          Action: stack.resources.has(logicalId) ? 'Modify' : 'Add',
          LogicalResourceId: logicalId,
          ResourceType: Type,
          Replacement: 'False',
        },
      })),
    },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
