import { App, AppProps } from 'aws-cdk-lib';
import { ALL } from '../languages/settings';
import { EXAMPLES, topicsOf } from '../languages/topics';

/** The topics of the examples in TypeScript, to which those of the other languages are equal. */
export const TOPICS = topicsOf('typescript');

const apps: App[] = [];

class RecordedApp extends App {
  constructor(props?: AppProps) {
    super(props);
    apps.push(this);
  }
}

/** Defines the app of an example with all settings. It is not synthesized. Each topic can be loaded once. */
export function loadExample(topic: string): App {
  Object.defineProperty(jest.requireActual('aws-cdk-lib'), 'App', { configurable: true, value: RecordedApp });
  process.env.CDK_CONTEXT_JSON = JSON.stringify(ALL);
  jest.requireActual(`${EXAMPLES}/typescript/${topic}/app`);
  delete process.env.CDK_CONTEXT_JSON;
  return apps.splice(0)[0];
}
