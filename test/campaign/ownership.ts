import { INTEGRATION_TYPE } from './templates';
import { ResourceRecord, Stack } from '../sandbox/cloudformation';

/** A change of an integration by an event. */
export interface Edit {
  /** The request of CloudFormation. */
  readonly requestId: string;
  /** Virtual time. */
  readonly at: number;
}

/** The owner of an integration in Immuta. */
interface Origin {
  /** The resource whose event created it. @default - a person created it */
  readonly resource?: string;
  /** Whether a stack retained it. */
  isRetained: boolean;
  /** When a stack retained it. Virtual time. */
  retainedAt?: number;
  /** Whether a failed creation was retained, of which it may be what is left. */
  mayRemain?: boolean;
  /** Whether a person changed or deleted it after the handler's last write. */
  isTouched: boolean;
  /** The last request to change it. */
  lastEdit?: Edit;
  /** Whether an Update recreated it, so that no physical ID names it. */
  readonly isRecreated: boolean;
  /** Whether a person gave it a name that does not say whose it is. */
  isRenamed?: boolean;
}

const PHYSICAL_ID = /^immuta-s3-integration\/(\w+)(?:\/adopted)?$/;

/** The owners of all integrations, recorded independently of the handler. */
export class OwnershipTracker {
  private readonly origins = new Map<string, Origin>();
  /** The resources that registered data sources, by the ids of these. */
  private readonly registrars = new Map<number, string>();
  /** Resources that were renamed, by their new keys. */
  private readonly renamed = new Map<string, string>();

  noteCreated(id: string, event?: any): void {
    const resource = event && this.keyOf(event.StackId, event.LogicalResourceId);
    const isRecreated = event?.RequestType === 'Update';
    this.origins.set(id, { resource, isRetained: false, isTouched: false, isRecreated });
  }

  /** Records which resource registered data sources, unless another one did before. */
  noteRegistered(ids: readonly number[], event: any): void {
    const resource = this.keyOf(event.StackId, event.LogicalResourceId);
    ids.filter((id) => !this.registrars.has(id)).forEach((id) => this.registrars.set(id, resource));
  }

  /** Returns the key of the resource that registered a data source. */
  registrarOf(id: number): string | undefined {
    return this.registrars.get(id);
  }

  /** Records that a resource has another logical id from now on. */
  noteRenamed(stackId: string, from: string, to: string): void {
    this.renamed.set(formatKey(stackId, to), this.keyOf(stackId, from));
  }

  noteTouched(id: string, isTouched: boolean): void {
    const origin = this.origins.get(id);
    if (origin) origin.isTouched = isTouched;
  }

  /** Records a change of an integration by an event. */
  noteEdited(id: string, event: any, at: number): void {
    this.noteTouched(id, false);
    const origin = this.origins.get(id);
    if (origin) Object.assign(origin, { lastEdit: { requestId: event.RequestId, at }, isRenamed: false });
  }

  /** Records that a person renamed an integration. */
  noteRenamedByHand(id: string): void {
    const origin = this.origins.get(id);
    if (origin) origin.isRenamed = true;
  }

  lastEditOf(id: string): Edit | undefined {
    return this.origins.get(id)?.lastEdit;
  }

  /** Records that a stack retained an integration, and with it what its updates tried to create again. */
  noteRetained(id: string, at: number): void {
    const retained = this.origins.get(id);
    if (!retained) return;
    Object.assign(retained, { isRetained: true, retainedAt: at });
    for (const origin of this.origins.values()) {
      origin.mayRemain ||= origin.isRecreated && origin.resource === retained.resource;
    }
  }

  /** Records that Immuta failed to delete an integration. If its stack retains another one, no Delete follows. */
  noteDeletionFailed(id: string): void {
    const failed = this.origins.get(id);
    if (!failed) return;
    failed.mayRemain ||= [...this.origins.values()].some(
      ({ resource, isRetained }) => isRetained && resource === failed.resource,
    );
  }

  retainedAt(id: string): number | undefined {
    return this.origins.get(id)?.retainedAt;
  }

  /** Records that all integrations of a resource may remain, if it is not known which one was retained. */
  noteAllMayRemain(stackId: string, logicalId: string): void {
    const resource = this.keyOf(stackId, logicalId);
    for (const origin of this.origins.values()) origin.mayRemain ||= origin.resource === resource;
  }

  isTouched(id: string): boolean {
    return this.origins.get(id)?.isTouched ?? false;
  }

  /**
   * Whether an integration must be deleted with its stack. Not if only its name said whose it was, and a person changed
   * that.
   */
  isToBeDeleted(id: string): boolean {
    const origin = this.origins.get(id);
    if (!origin?.resource) return false;
    return !origin.isRetained && !origin.mayRemain && !(origin.isRecreated && origin.isRenamed);
  }

  /** Returns why an event must not change or delete an integration. */
  objection(method: string, id: string, event: any): string | undefined {
    const origin = this.origins.get(id);
    // a rotation: its secret belongs to the stack
    if (event.ResourceProperties === undefined) return origin?.resource ? undefined : 'a person created it';
    const isAdopted =
      event.ResourceProperties.Adopt === id || event.PhysicalResourceId === `immuta-s3-integration/${id}/adopted`;
    if (isAdopted) return method === 'DELETE' ? 'it was adopted' : undefined;
    if (!origin?.resource) return 'a person created it';
    const resource = this.keyOf(event.StackId, event.LogicalResourceId);
    if (origin.resource !== resource) return 'another resource created it';
    return origin.isRetained ? 'it was retained' : undefined;
  }

  /** Returns what a resource keeps when its logical id changes. */
  keyOf(stackId: string, logicalId: string): string {
    const key = formatKey(stackId, logicalId);
    return this.renamed.get(key) ?? key;
  }

  /** Returns the key of the resource that created an integration. Undefined if a person did. */
  creatorOf(id: string): string | undefined {
    return this.origins.get(id)?.resource;
  }
}

function formatKey(stackId: string, logicalId: string): string {
  return `${stackId} ${logicalId}`;
}

/** Returns the integrations of a stack. */
export function listIntegrations(stack: Stack): ResourceRecord[] {
  return listResources(stack, INTEGRATION_TYPE);
}

export function listResources(stack: Stack, type: string): ResourceRecord[] {
  return [...stack.resources.values()].filter((resource) => resource.type === type);
}

/** Returns the id of a resource's integration, according to its answers. */
export function recordIdOf({
  attributes,
  physicalId,
}: Pick<ResourceRecord, 'attributes' | 'physicalId'>): string | undefined {
  return (attributes.IntegrationId as string | undefined) ?? PHYSICAL_ID.exec(physicalId)?.[1];
}
