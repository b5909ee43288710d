import { IConstruct } from 'constructs';

interface Entry<T> {
  readonly construct: IConstruct;
  readonly value: T;
  /** Number of the entry in order of definition. */
  readonly order: number;
}

/** The entries of one app. */
interface Entries<T> {
  readonly all: Entry<T>[];
  readonly byKey: Map<string, Entry<T>[]>;
  readonly orders: Map<IConstruct, number>;
}

/**
 * Values that constructs of an app register, in order of definition. It replaces a walk over the construct tree.
 *
 * Keys find the few values that a value must be compared with, however large the app is.
 */
export class Registry<T> {
  private readonly apps = new WeakMap<IConstruct, Entries<T>>();

  /** Adds a construct of an app. */
  public add(construct: IConstruct, value: T, keys: string[] = []): void {
    const { all, byKey, orders } = this.findEntries(construct);
    const entry = { construct, value, order: all.length };
    all.push(entry);
    orders.set(construct, entry.order);
    for (const key of new Set(keys)) {
      const entries = byKey.get(key) ?? [];
      entries.push(entry);
      byKey.set(key, entries);
    }
  }

  /** Returns all values of the app that the scope belongs to. */
  public findAll(scope: IConstruct): T[] {
    return selectValues(this.findEntries(scope).all);
  }

  /** Returns the values with the key. */
  public findByKey(scope: IConstruct, key: string): T[] {
    return selectValues(this.findEntries(scope).byKey.get(key) ?? []);
  }

  /**
   * Returns the values of the app that were added before those of this construct.
   *
   * @param keys keys of which they have one. By default, all values
   */
  public findEarlier(construct: IConstruct, keys?: string[]): T[] {
    const { all, byKey, orders } = this.findEntries(construct);
    const order = orders.get(construct) ?? all.length;
    const entries = keys ? [...new Set(keys.flatMap((key) => byKey.get(key) ?? []))] : all;
    return selectValues(entries.filter((entry) => entry.order < order).sort((a, b) => a.order - b.order));
  }

  private findEntries(scope: IConstruct): Entries<T> {
    const { root } = scope.node;
    const found = this.apps.get(root) ?? { all: [], byKey: new Map(), orders: new Map() };
    this.apps.set(root, found);
    return found;
  }
}

function selectValues<T>(entries: Entry<T>[]): T[] {
  return entries.filter(({ construct }) => isInTree(construct)).map(({ value }) => value);
}

/** Whether the construct is part of the app: `tryRemoveChild` can take it or one of its scopes out of the tree. */
export function isInTree({ node }: IConstruct): boolean {
  return node.scope === undefined || (node.scope.node.tryFindChild(node.id)?.node === node && isInTree(node.scope));
}
