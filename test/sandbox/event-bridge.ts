import { randomUUID } from 'node:crypto';
import { LambdaStandIn } from './lambda';

export interface Rule {
  readonly arn: string;
  readonly enabled: boolean;
  readonly targets: readonly Target[];
}

interface Target {
  readonly Arn: string;
  readonly Input?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: Record<string, string>; readonly InputTemplate: string };
}

/** Who may invoke a function: one statement of its policy. */
export interface Permission {
  readonly functionArn: string;
  readonly principal: string;
  readonly sourceArn: string;
}

/** EventBridge: rules whose time a test decides. */
export class EventBridge {
  /** By name. */
  readonly rules = new Map<string, Rule>();
  readonly permissions = new Set<Permission>();

  constructor(private readonly lambda: LambdaStandIn) {}

  /** The time of every rule has come. @param eventId The same one makes it the same event, delivered again */
  fire(eventId: string = randomUUID()): void {
    for (const { arn, targets } of [...this.rules.values()].filter(({ enabled }) => enabled)) {
      const event = { 'id': eventId, 'source': 'aws.events', 'detail-type': 'Scheduled Event', 'resources': [arn], 'detail': {} };
      targets.filter((target) => this.mayInvoke(arn, target.Arn)).forEach((target) => this.lambda.invokeAsync(target.Arn, inputOf(target, event)));
    }
  }

  private mayInvoke(ruleArn: string, functionArn: string): boolean {
    return [...this.permissions].some((permission) => permission.principal === 'events.amazonaws.com'
      && permission.sourceArn === ruleArn && permission.functionArn === functionArn);
  }
}

function inputOf({ Input, InputTransformer }: Target, event: Record<string, unknown>): unknown {
  if (!InputTransformer) return Input === undefined ? event : JSON.parse(Input);
  const { InputPathsMap = {}, InputTemplate } = InputTransformer;
  const values = Object.entries(InputPathsMap).map(([name, path]) => [name, event[path.replace('$.', '')]] as const);
  // strings are put in with their quotes
  return JSON.parse(values.reduce((text, [name, value]) => text.replaceAll(`<${name}>`, JSON.stringify(value)), InputTemplate));
}
