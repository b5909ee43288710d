import { AwsError } from './aws-error';

/** SSM Parameter Store of the sandbox. */
export class ParametersState {
  private readonly parameters = new Map<string, string>();

  putParameter(name: string, value: string): void {
    this.parameters.set(name, value);
  }

  deleteParameter(name: string): void {
    this.parameters.delete(name);
  }

  parameter(name: string): string {
    const value = this.parameters.get(name);
    if (value === undefined) throw new AwsError(400, 'ParameterNotFound', `Parameter ${name} not found.`);
    return value;
  }
}
