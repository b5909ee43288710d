import { CfnResource } from 'aws-cdk-lib';

/**
 * Metadata key of acknowledged rules in newer versions of aws-cdk-lib (`Validations.ACKNOWLEDGED_RULES_METADATA_KEY`).
 */
export const ACKNOWLEDGED_RULES = 'aws:cdk:acknowledged-rules';

/** A finding of cdk-nag that does not need a change. */
export interface Acknowledgement {
  /** The rule, such as `AwsSolutions-IAM5`. */
  readonly id: string;
  readonly reason: string;
  /**
   * The finding, as cdk-nag prints it: `Resource::<Bucket.Arn>/*`.
   *
   * @default - all findings of the rule
   */
  readonly appliesTo?: string;
}

type Source = () => Acknowledgement[];

const SOURCES = new WeakMap<CfnResource, Source[]>();

/**
 * Acknowledges findings of a resource for cdk-nag 2 and 3. Neither is a dependency of this package.
 *
 * The source is called when the findings are read: cdk-nag 2 reads in an Aspect, and logical IDs can change until then.
 * cdk-nag 3 reads after synthesis, when references to other stacks have become imports.
 */
export function acknowledge(resource: CfnResource, source: Source): void {
  const existing = SOURCES.get(resource);
  if (existing) {
    existing.push(source);
    return;
  }
  const sources = [source];
  SOURCES.set(resource, sources);
  const list = () => listDistinct(sources);
  resource.addMetadata('cdk_nag', createMetadata(list));
  resource.node.addMetadata(ACKNOWLEDGED_RULES, createLazyRecord(() => Object.fromEntries(
    list().map((each) => [formatFinding(each), each.reason]),
  )));
}

/**
 * Creates the metadata that cdk-nag 2 reads. The template contains it only if it was read before: an app without
 * cdk-nag 2 does not need it, and cdk-nag 3 writes it if its user asks for it.
 */
function createMetadata(list: Source): object {
  const render = () => list().map(({ id, reason, appliesTo }) => ({
    id, reason, ...appliesTo === undefined ? {} : { applies_to: [renderPattern(appliesTo)] },
  }));
  let isRead = false;
  const metadata = {
    get rules_to_suppress() {
      isRead = true;
      return render();
    },
  };
  // With this function it is a token, which the CDK resolves for the template. It is hidden from those who copy.
  return Object.defineProperty(metadata, 'resolve', {
    value: () => isRead && list().length > 0 ? { rules_to_suppress: render() } : undefined,
  });
}

function listDistinct(sources: Source[]): Acknowledgement[] {
  const all = sources.flatMap((source) => source());
  return [...new Map(all.map((each) => [formatFinding(each), each])).values()];
}

function formatFinding({ id, appliesTo }: Acknowledgement): string {
  return appliesTo === undefined ? id : `${id}[${appliesTo}]`;
}

/**
 * Renders a finding for the template. A logical ID becomes a pattern: `cdk refactor` takes a resource for another one
 * if its metadata changes with the logical ID of a third.
 */
function renderPattern(finding: string): string | { readonly regex: string } {
  const parts = finding.split(/<\w+(?:\.\w+)?>/);
  return parts.length === 1 ? finding : { regex: `/^${parts.map(escapeRegExp).join('<[^>]+>')}$/` };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/**
 * Creates a record whose entries are computed each time that its keys are listed. The CDK omits it from the manifest,
 * since cdk-nag 3 reads it from the construct.
 */
function createLazyRecord(compute: () => Record<string, string>): Record<string, string> {
  let current: Record<string, string> | undefined;
  const read = () => (current ??= compute());
  const omit = () => undefined;
  return new Proxy({}, {
    get: (_, key) => key === 'resolve' ? omit : Reflect.get(read(), key),
    has: (_, key) => Reflect.has(read(), key),
    ownKeys: () => Reflect.ownKeys((current = compute())),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(read(), key),
  });
}
