import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { GET_STARTED, pagesToFollow } from './commands';
import { FLOWS } from './flows';
import { commandsToRun, FollowedPage, resolveLocalhost } from './followed-page';
import { Sandbox } from '../sandbox/sandbox';

let sandbox: Sandbox;
let folder: string;
beforeEach(async () => {
  sandbox = await Sandbox.start();
  folder = mkdtempSync(path.join(tmpdir(), 'page-'));
  resolveLocalhost();
});
afterEach(async () => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
  await sandbox.close();
});

const pages = pagesToFollow()
  .map(({ file }) => file)
  .filter((file) => file !== GET_STARTED && commandsToRun(file).length > 0);

test.each(pages)('leads to what %s promises when its commands are run in order', async (file) => {
  const page = new FollowedPage(file, sandbox, folder);

  expect(Object.keys(FLOWS)).toContain(file);
  await FLOWS[file](page);

  expect(page.left).toEqual([]);
});
