import { IConstruct } from 'constructs';

interface Entry<T> {
  readonly construct: IConstruct;
  readonly value: T;
}

/** Values that constructs of an app register, in order of definition. It replaces a walk over the construct tree. */
export class Registry<T> {
  private readonly entries = new WeakMap<IConstruct, Entry<T>[]>();

  /** Adds a construct of an app. */
  public add(construct: IConstruct, value: T): void {
    const { root } = construct.node;
    if (!this.entries.has(root)) {
      this.entries.set(root, []);
    }
    this.entries.get(root)!.push({ construct, value });
  }

  /** Returns all values of the app that the scope belongs to. */
  public findAll(scope: IConstruct): T[] {
    return this.findEntries(scope).map(({ value }) => value);
  }

  /** Returns the values of the app that were added before those of this construct. */
  public findEarlier(construct: IConstruct): T[] {
    const entries = this.findEntries(construct);
    const index = entries.findIndex((entry) => entry.construct === construct);
    return entries.slice(0, index === -1 ? entries.length : index).map(({ value }) => value);
  }

  private findEntries(scope: IConstruct): Entry<T>[] {
    return (this.entries.get(scope.node.root) ?? []).filter(({ construct }) => isInTree(construct));
  }
}

/** `tryRemoveChild` can take a construct or one of its scopes out of the tree. */
function isInTree({ node }: IConstruct): boolean {
  return node.scope === undefined || (node.scope.node.tryFindChild(node.id)?.node === node && isInTree(node.scope));
}
