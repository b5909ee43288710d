import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from './pages';

/** Names of the endpoints of services, where the client has another name. */
const ENDPOINTS: Record<string, string> = {
  'eventbridge': 'events', 's3-control': 's3', 'secrets-manager': 'secretsmanager',
};

function listClients(): string[] {
  const folder = path.join(ROOT, 'src/handler');
  const files = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.ts'));
  const sources = files.map((file) => readFileSync(path.join(folder, file), 'utf8')).join('\n');
  return [...new Set([...sources.matchAll(/@aws-sdk\/client-([\w-]+)/g)].map(([, client]) => client))].sort();
}

test('the guide about private networks lists an endpoint for each AWS service that the functions call', () => {
  const guide = readFileSync(path.join(ROOT, 'docs/guides/private-network.md'), 'utf8');
  const endpoints = [...guide.matchAll(/^\| `com\.amazonaws\.(?:….)?(\w+)` \(/gm)].map(([, name]) => name);

  expect([...new Set(listClients().map((client) => ENDPOINTS[client] ?? client))].sort())
    .toEqual([...new Set(endpoints)].sort());
});
