import { prepareNetwork, prepareNetworkIfPossible } from '../../../src/handler/aws/network';
import { createAgents, useProxy } from '../../../src/handler/runtime/network';
import { createAwsTools } from '../support/aws-tools';
import { HandlerSandbox } from '../support/handler-sandbox';

// with real proxies and certificates: test/lifecycle/network-options.slow.test.ts
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:acme/proxy';
const PROXY = { PROXY_URL: 'http://proxy.acme.internal:3128' };
const WITH_CREDENTIALS = { ...PROXY, PROXY_CREDENTIALS_SECRET_ARN: SECRET_ARN };

let sandbox: HandlerSandbox;
beforeEach(async () => {
  sandbox = await HandlerSandbox.start();
});
afterEach(async () => {
  useProxy(undefined);
  await sandbox.close();
});

/** Options of the agents for http and https. */
function listOptions(): unknown {
  const agents = createAgents();
  // the types of Node.js have no options
  return agents && Object.values(agents).map((agent) => (agent as never as { options: object }).options);
}

test('uses no proxy that it does not have', async () => {
  await prepareNetwork({}, createAwsTools(sandbox.clock));

  expect(listOptions()).toBeUndefined();
});

test('uses a proxy without credentials', async () => {
  await prepareNetwork(PROXY, createAwsTools(sandbox.clock));

  const url = 'http://proxy.acme.internal:3128';
  const proxyEnv = { HTTP_PROXY: url, HTTPS_PROXY: url };
  expect(listOptions()).toMatchObject([{ proxyEnv }, { proxyEnv }]);
});

test('uses a proxy with credentials, which it encodes, and hides the password', async () => {
  sandbox.aws.secrets.createSecret('acme/proxy', JSON.stringify({ username: 'acme@lake', password: 'p:ss/w?rd-5f1c' }));
  const tools = createAwsTools(sandbox.clock);
  await prepareNetwork(WITH_CREDENTIALS, tools);

  const url = 'http://acme%40lake:p%3Ass%2Fw%3Frd-5f1c@proxy.acme.internal:3128/';
  const proxyEnv = { HTTP_PROXY: url, HTTPS_PROXY: url };
  expect(listOptions()).toMatchObject([{ proxyEnv }, { proxyEnv }]);
  expect(tools.redaction.redact('it is p:ss/w?rd-5f1c')).not.toContain('p:ss/w?rd-5f1c');
});

test('reads credentials without the proxy of an earlier event', async () => {
  sandbox.aws.secrets.createSecret('acme/proxy', JSON.stringify({ username: 'acme', password: 'first-5f1c' }));
  await prepareNetwork(WITH_CREDENTIALS, createAwsTools(sandbox.clock));
  sandbox.aws.secrets.deleteSecret(SECRET_ARN);

  await expect(prepareNetwork(WITH_CREDENTIALS, createAwsTools(sandbox.clock))).rejects.toThrow(
    /^cannot read secret '\S+acme\/proxy': .*\[SECRET_NOT_READABLE\]$/,
  );
  expect(listOptions()).toBeUndefined();
});

test('continues a Delete without a proxy whose credentials cannot be read', async () => {
  await prepareNetworkIfPossible(WITH_CREDENTIALS, createAwsTools(sandbox.clock));

  expect(listOptions()).toBeUndefined();
});
