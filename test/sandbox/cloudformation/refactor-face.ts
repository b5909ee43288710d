import { randomUUID } from 'node:crypto';
import type { CloudFormation, ResourceAddress, ResourceMapping } from './index';
import { parseTemplate, Template } from './template';
import { AwsError, AwsRequest } from '../aws';

type Answer = (request: AwsRequest) => Record<string, unknown>;

interface Refactor {
  readonly mappings: readonly ResourceMapping[];
  readonly templates: Readonly<Record<string, Template>>;
  readonly status: string;
  readonly reason?: string;
  executionStatus: string;
}

/** CloudFormation's API of stack refactoring, by operation. */
export function createRefactorOperations(cloudFormation: CloudFormation): Record<string, Answer> {
  const refactors = new Map<string, Refactor>();
  const find = ({ input }: AwsRequest): Refactor => {
    const refactor = refactors.get(input.StackRefactorId);
    if (!refactor) throw new AwsError(404, 'StackRefactorNotFound', `${input.StackRefactorId} does not exist`);
    return refactor;
  };
  return {
    CreateStackRefactor({ input }) {
      const StackRefactorId = randomUUID();
      refactors.set(StackRefactorId, createRefactor(cloudFormation, input));
      return { StackRefactorId };
    },
    DescribeStackRefactor(request) {
      const { status, reason, executionStatus } = find(request);
      return { Status: status, StatusReason: reason, ExecutionStatus: executionStatus };
    },
    ExecuteStackRefactor(request) {
      const refactor = find(request);
      cloudFormation.refactor(refactor.mappings, refactor.templates);
      refactor.executionStatus = 'EXECUTE_COMPLETE';
      return {};
    },
  };
}

function createRefactor(cloudFormation: CloudFormation, input: Record<string, string>): Refactor {
  const address = (prefix: string): ResourceAddress =>
    ({ stackName: input[`${prefix}.StackName`], logicalId: input[`${prefix}.LogicalResourceId`] });
  const mappings = listMembers(input, 'ResourceMappings')
    .map((member) => ({ source: address(`${member}.Source`), destination: address(`${member}.Destination`) }));
  const templates = Object.fromEntries(listMembers(input, 'StackDefinitions')
    .map((member) => [input[`${member}.StackName`], parseTemplate(input[`${member}.TemplateBody`])]));
  try {
    cloudFormation.requireRefactorable(mappings);
    return { mappings, templates, status: 'CREATE_COMPLETE', executionStatus: 'AVAILABLE' };
  } catch (error) {
    const reason = (error as Error).message;
    return { mappings, templates, status: 'CREATE_FAILED', reason, executionStatus: 'UNAVAILABLE' };
  }
}

/** The prefixes of the members of a list: `ResourceMappings.member.1`. */
function listMembers(input: Record<string, string>, name: string): string[] {
  const prefixes = Object.keys(input).map((key) => key.match(`^${name}\\.member\\.\\d+`)?.[0]);
  return [...new Set(prefixes.filter((prefix) => prefix !== undefined))];
}
