/** `npm run sandbox`: the stand-ins for AWS and Immuta, for your own `cdk` and `aws` commands, until Ctrl-C. */
import { createInterface } from 'node:readline';
import { Sandbox, SANDBOX_API_KEY_SECRET, SANDBOX_BUCKET, SANDBOX_ENV } from './sandbox';

const REAL_MS_PER_VIRTUAL_SECOND = 20;
const SUBSCRIBE = /^subscribe '(?<dataSource>[^']+)' (?<roleArn>arn:\S+)$/;

function introduce({ immuta, terminalEnv }: Sandbox): void {
  console.log('AWS and Immuta are stand-ins on this machine, until Ctrl-C. In another terminal:\n');
  for (const [name, value] of Object.entries(terminalEnv)) console.log(`export ${name}=${value}`);
  console.log(`
account ID            ${SANDBOX_ENV.account}
Region                ${SANDBOX_ENV.region}
bucket                ${SANDBOX_BUCKET}
URL of Immuta         ${immuta.url}
Immuta's principal    ${immuta.identity.principal}
external ID           none
secret                ${SANDBOX_API_KEY_SECRET}, which has the API key

A policy in Immuta subscribes readers to a data source. To do the same, type here:
subscribe '<data source>' <ARN of a role>
`);
}

async function obey({ immuta }: Sandbox, line: string): Promise<string> {
  const { dataSource, roleArn } = SUBSCRIBE.exec(line.trim())?.groups ?? {};
  if (!dataSource) return "Type: subscribe '<data source>' <ARN of a role>";
  await immuta.subscribe(dataSource, roleArn);
  return `${roleArn} may read '${dataSource}'.`;
}

async function main(): Promise<void> {
  const sandbox = await Sandbox.start({ pace: REAL_MS_PER_VIRTUAL_SECOND });
  introduce(sandbox);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line.trim()) obey(sandbox, line).then(console.log, ({ message }) => console.log(message));
  });
  await new Promise<void>((resolve) => process.once('SIGINT', resolve));
  lines.close();
  await sandbox.close();
}

main().catch((error) => {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
});
