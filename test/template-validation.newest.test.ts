import { App } from 'aws-cdk-lib';
import { governedStack } from './governed-stack';

const { CDK_VALIDATION } = process.env;

beforeAll(() => { delete process.env.CDK_VALIDATION; });
afterAll(() => { process.env.CDK_VALIDATION = CDK_VALIDATION; });

test('the CDK finds nothing in the template', () => {
  const app = new App();
  governedStack(app);
  app.synth();
});
