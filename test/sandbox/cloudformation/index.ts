import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../aws';
import { evaluate, importedNames, Scope } from './intrinsics';
import { completeParameters, parameterValues } from './parameters';
import { refactorStacks, replaceAll, requireUnchangedProperties } from './refactoring';
import { resourceTypes } from './resource-types';
import { ResourceType, World } from './resource-types/resource-type';
import { createScope, withoutFalseConditions } from './scope';
import { addEvent, Output, Stack, StackEvent } from './stack';
import { Fault, OperationOptions, StackOperation } from './stack-operation';
import { Template } from './template';

export * from './response-endpoint';
export * from './stack';
export * from './stack-operation';
export * from './template';

export interface DeployOptions {
  readonly parameters?: Record<string, string>;
  readonly tags?: Record<string, string>;
  /** @default - the sandbox's account */
  readonly accountId?: string;
  /** @default - the sandbox's Region */
  readonly region?: string;
  /** Leaves what failed as it is. @default false, true in express mode */
  readonly disableRollback?: boolean;
  /** Express mode: the operation does not wait until AWS's own resources are stable. @default false */
  readonly express?: boolean;
}

/** A resource of a stack. */
export interface ResourceAddress {
  readonly stackName: string;
  readonly logicalId: string;
}

/** A move of a resource by stack refactoring. */
export interface ResourceMapping {
  readonly source: ResourceAddress;
  readonly destination: ResourceAddress;
}

/** How an operation on a stack ended. */
export interface StackResult {
  readonly status: string;
  /** Of this operation alone, the stack's own among them. */
  readonly events: StackEvent[];
  readonly outputs: Record<string, string>;
  readonly stack: Stack;
}

type Wanted = Pick<Stack, 'template' | 'parameters' | 'parameterValues'>;

/**
 * CloudFormation: creates, updates, rolls back and deletes stacks, with AWS's rules.
 *
 * All in virtual time: an operation is over when its resources are, without waiting.
 */
export class CloudFormation {
  /** By name; deleted ones are not among them. */
  readonly stacks = new Map<string, Stack>();
  readonly deleted: Stack[] = [];
  readonly faults: Fault[] = [];
  /** What AWS does not document: see `OperationOptions`. */
  retryOrder: OperationOptions['retryOrder'] = 'delete-first';
  cleanupShows: OperationOptions['cleanupShows'] = 'current';
  cancels: OperationOptions['cancels'] = 'at once';
  updateTime: OperationOptions['updateTime'] = 'each status';
  expressWaitsForCustomResources = true;
  /** Whether stack refactoring takes custom resources. */
  refactorsCustomResources = true;
  /** How `DescribeStacks` and `DescribeStackResource` respond to functions. */
  describe: 'responds' | 'denied' | 'unreachable' = 'responds';
  /** How long they show functions the state before a change, in virtual ms. */
  describeLag = { stack: 0, resource: 0 };
  /** ARNs of the resources of types that the sandbox does not know. */
  readonly otherResources = new Set<string>();
  private readonly typeOf: (type: string) => ResourceType;
  /** Rollbacks that failed, by stack name. */
  private readonly rollbacks = new Map<string, StackOperation>();

  constructor(private readonly world: World) {
    this.typeOf = resourceTypes(world, this.otherResources);
  }

  /** Creates or updates a stack; without a change nothing happens. */
  async deploy(stackName: string, template: Template, options: DeployOptions = {}): Promise<StackResult> {
    const existing = this.stacks.get(stackName);
    const stack = existing ?? this.addStack(stackName, options);
    if (existing && !existing.status.endsWith('_FAILED') && !this.hasChanges(existing, template, options.parameters)) {
      return this.result(stack, stack.events.length);
    }
    return this.apply(stack, template, options);
  }

  /**
   * Continues a rollback that failed.
   *
   * @param resourcesToSkip Logical ids of resources that stay as they are and count as rolled back
   */
  async continueUpdateRollback(stackName: string, resourcesToSkip: readonly string[] = []): Promise<StackResult> {
    const stack = this.stack(stackName);
    const first = stack.events.length;
    if (stack.status !== 'UPDATE_ROLLBACK_FAILED') {
      throw new AwsError(
        400,
        'ValidationError',
        `Stack:${stack.id} is in ${stack.status} state and can not be continued.`,
      );
    }
    const operation = this.rollbacks.get(stackName)!;
    resourcesToSkip.forEach((logicalId) => operation.skipRollback(logicalId));
    this.setStatus(stack, 'UPDATE_ROLLBACK_IN_PROGRESS', 'User Initiated');
    await this.rollBack(stack, operation);
    return this.result(stack, first);
  }

  /**
   * Moves resources to other logical ids or stacks. No resource is changed, and no function called.
   *
   * @param templates The new templates, by the names of the stacks
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-refactoring.html
   */
  refactor(mappings: readonly ResourceMapping[], templates: Readonly<Record<string, Template>>): void {
    const stacks = Object.keys(templates).map((name) => this.stack(name));
    this.requireRefactorable(mappings);
    stacks.forEach((stack) => this.requireUpdatable(stack));
    const refactored = refactorStacks(stacks, mappings, templates);
    for (const { stack, resources, resourceStates } of refactored) {
      const wanted = { ...stack, template: templates[stack.name], resources };
      const scope = this.scope(wanted, wanted);
      requireUnchangedProperties(withoutFalseConditions(wanted.template, scope), resources, scope);
      Object.assign(stack, { template: wanted.template });
      replaceAll(stack.resources, resources);
      replaceAll(stack.resourceStates, resourceStates);
    }
    for (const stack of stacks) {
      const scope = this.scope(stack, stack);
      stack.outputs = renderOutputs(withoutFalseConditions(stack.template, scope), scope);
      this.setStatus(stack, 'UPDATE_COMPLETE', 'Stack refactor');
    }
  }

  /** @throws AwsError if a resource has a type that refactoring does not take */
  requireRefactorable(mappings: readonly ResourceMapping[]): void {
    for (const { source } of mappings) {
      const type = this.stack(source.stackName).resources.get(source.logicalId)?.type ?? '';
      if (this.refactorsCustomResources || !type.startsWith('Custom::')) continue;
      throw new AwsError(400, 'ValidationError', `Stack Refactor does not support resources of type ${type}`);
    }
  }

  async destroy(nameOrId: string): Promise<StackResult> {
    const stack = this.stack(nameOrId);
    const first = stack.events.length;
    this.setStatus(stack, 'DELETE_IN_PROGRESS', 'User Initiated');
    const succeeded = await this.operation(stack).deleteAll();
    const left = [...stack.resources.keys()].join(', ');
    if (!succeeded) {
      this.setStatus(stack, 'DELETE_FAILED', `The following resource(s) failed to delete: [${left}].`);
      return this.result(stack, first);
    }
    this.setStatus(stack, 'DELETE_COMPLETE');
    this.stacks.delete(stack.name);
    this.deleted.push(stack);
    return this.result(stack, first);
  }

  /** Finds a live stack by name or id, a deleted one by id. */
  stack(nameOrId: string): Stack {
    const all = [...this.stacks.values(), ...this.deleted];
    const stack = this.stacks.get(nameOrId) ?? all.find(({ id }) => id === nameOrId);
    if (!stack) throw new AwsError(400, 'ValidationError', `Stack with id ${nameOrId} does not exist`);
    return stack;
  }

  /** A stack that has nothing yet, as before the execution of its first change set. */
  addStack(name: string, { accountId, region }: DeployOptions = {}): Stack {
    const { aws, scheduler } = this.world;
    const place = { accountId: accountId ?? aws.accountId, region: region ?? aws.region };
    const stack: Stack = {
      name,
      ...place,
      id: `arn:aws:cloudformation:${place.region}:${place.accountId}:stack/${name}/${randomUUID()}`,
      createdAt: scheduler.clock.now(),
      status: 'REVIEW_IN_PROGRESS',
      template: { Resources: {} },
      parameters: {},
      parameterValues: {},
      tags: {},
      resources: new Map(),
      superseded: new Set(),
      resourceStates: new Map(),
      outputs: [],
      events: [],
    };
    this.stacks.set(name, stack);
    return stack;
  }

  hasChanges(stack: Stack, template: Template, parameters: Record<string, string> = {}): boolean {
    const values = parameterValues(template, completeParameters(template, parameters), this.world.aws.parameters);
    return !isDeepStrictEqual(stack.template, template) || !isDeepStrictEqual(stack.parameterValues, values);
  }

  requireUpdatable(stack: Stack): void {
    if (/^(REVIEW_IN_PROGRESS|(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE|(CREATE|UPDATE)_FAILED)$/.test(stack.status)) {
      return;
    }
    throw new AwsError(400, 'ValidationError', `Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
  }

  async apply(stack: Stack, template: Template, options: DeployOptions): Promise<StackResult> {
    const first = stack.events.length;
    this.requireUpdatable(stack);
    const parameters = completeParameters(template, options.parameters ?? {});
    const wanted = {
      template,
      parameters,
      parameterValues: parameterValues(template, parameters, this.world.aws.parameters),
    };
    stack.tags = options.tags ?? {};
    if (stack.status === 'REVIEW_IN_PROGRESS') await this.create(stack, wanted, options);
    else await this.update(stack, wanted, options);
    return this.result(stack, first);
  }

  private async create(stack: Stack, wanted: Wanted, options: DeployOptions): Promise<void> {
    Object.assign(stack, wanted);
    this.setStatus(stack, 'CREATE_IN_PROGRESS', 'User Initiated');
    const operation = this.operation(stack, options);
    const failure = await this.applyTemplate(operation, stack, wanted);
    if (!failure) return this.setStatus(stack, 'CREATE_COMPLETE');
    if (options.disableRollback ?? options.express) return this.setStatus(stack, 'CREATE_FAILED', failure);
    this.setStatus(stack, 'ROLLBACK_IN_PROGRESS', `${failure} Rollback requested by user.`);
    return this.setStatus(stack, await operation.rollBackCreation() ? 'ROLLBACK_COMPLETE' : 'ROLLBACK_FAILED');
  }

  private async update(stack: Stack, wanted: Wanted, options: DeployOptions): Promise<void> {
    const { outputs } = stack;
    stack.updatedAt = this.world.scheduler.clock.now();
    this.setStatus(stack, 'UPDATE_IN_PROGRESS', 'User Initiated');
    const operation = this.operation(stack, options);
    const failure = await this.applyTemplate(operation, stack, wanted);
    if (!failure) {
      Object.assign(stack, wanted);
      this.setStatus(stack, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
      await operation.cleanUp(withoutFalseConditions(wanted.template, this.scope(stack, wanted)));
      return this.setStatus(stack, 'UPDATE_COMPLETE');
    }
    stack.outputs = outputs;
    if (options.disableRollback ?? options.express) {
      await operation.restoreFailed();
      return this.setStatus(stack, 'UPDATE_FAILED', failure);
    }
    this.setStatus(stack, 'UPDATE_ROLLBACK_IN_PROGRESS', failure);
    return this.rollBack(stack, operation);
  }

  private async rollBack(stack: Stack, operation: StackOperation): Promise<void> {
    this.rollbacks.set(stack.name, operation);
    if (!await operation.rollBackUpdate()) return this.setStatus(stack, 'UPDATE_ROLLBACK_FAILED');
    this.rollbacks.delete(stack.name);
    this.setStatus(stack, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
    await operation.cleanUpRollback();
    return this.setStatus(stack, 'UPDATE_ROLLBACK_COMPLETE');
  }

  /** The reason of a failure, if there is one. */
  private async applyTemplate(operation: StackOperation, stack: Stack, wanted: Wanted): Promise<string | undefined> {
    const first = stack.events.length;
    const scope = this.scope(stack, wanted);
    const template = withoutFalseConditions(wanted.template, scope);
    if (!await operation.apply(template, scope)) {
      const failed = stack.events.slice(first).filter(({ status }) => status.endsWith('_FAILED'));
      const verb = failed[0].status.split('_')[0].toLowerCase();
      return `The following resource(s) failed to ${verb}: [${failed.map(({ logicalId }) => logicalId).join(', ')}].`;
    }
    try {
      const outputs = renderOutputs(template, scope);
      this.requireFreeExports(stack, outputs);
      stack.outputs = outputs;
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  private scope(stack: Stack, { template, parameterValues: parameters }: Wanted): Scope {
    return createScope({ stack, template, parameters, importValue: (name) => this.exported(name, stack.region) });
  }

  private exported(name: string, region: string): string {
    const outputs = [...this.stacks.values()]
      .filter((stack) => stack.region === region)
      .flatMap((stack) => stack.outputs);
    const output = outputs.find(({ exportName }) => exportName === name);
    if (!output) throw new AwsError(400, 'ValidationError', `No export named ${name} found`);
    return output.value;
  }

  /** No export may change or disappear while another stack imports it. */
  private requireFreeExports(stack: Stack, outputs: Output[]): void {
    const others = [...this.stacks.values()].filter((other) => other !== stack && other.region === stack.region);
    for (const { exportName, value } of stack.outputs) {
      const user = exportName && others.find(({ template }) => importedNames(template).includes(exportName));
      const now = outputs.find((output) => output.exportName === exportName);
      if (user && now?.value !== value) {
        const change = now ? 'updated' : 'deleted';
        throw new Error(`Export ${exportName} cannot be ${change} as it is in use by ${user.name}`);
      }
    }
  }

  private operation(stack: Stack, { express = false }: DeployOptions = {}): StackOperation {
    return new StackOperation({ ...this.operationOptions, stack, express });
  }

  private get operationOptions(): Omit<OperationOptions, 'stack' | 'express'> {
    const { world, typeOf, faults, retryOrder, cleanupShows, cancels, updateTime } = this;
    const { expressWaitsForCustomResources } = this;
    return {
      world, typeOf, faults, retryOrder, cleanupShows, cancels, updateTime, expressWaitsForCustomResources,
    };
  }

  private setStatus(stack: Stack, status: string, reason?: string): void {
    Object.assign(stack, { status, statusReason: reason });
    const event = { logicalId: stack.name, physicalId: stack.id, type: 'AWS::CloudFormation::Stack', status, reason };
    addEvent(stack, this.world.scheduler.clock.now(), event);
  }

  private result(stack: Stack, firstEvent: number): StackResult {
    const outputs = Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value]));
    return { status: stack.status, events: stack.events.slice(firstEvent), outputs, stack };
  }
}

function renderOutputs(template: Template, scope: Scope): Output[] {
  return Object.entries(template.Outputs ?? {}).map(([key, output]) => ({
    key,
    value: String(evaluate(output.Value, scope)),
    description: output.Description,
    exportName: output.Export && String(evaluate(output.Export.Name, scope)),
  }));
}
