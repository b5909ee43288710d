import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Sandbox } from './sandbox';

/** Switches whose defaults a run against AWS and Immuta refuted, by their paths in a `Sandbox`. */
export const LIVE_SETTINGS: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(path.join(__dirname, 'live-settings.json'), 'utf8'),
);

/** Sets switches. `null` stands for none. */
export function applySettings(sandbox: Sandbox, settings: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(settings)) {
    const { owner, name } = findSwitch(sandbox, key);
    owner[name] = value ?? undefined;
  }
}

/** The value of a switch. */
export function readSetting(sandbox: Sandbox, key: string): unknown {
  const { owner, name } = findSwitch(sandbox, key);
  return owner[name] ?? null;
}

/** @throws Error if the sandbox has no such switch */
function findSwitch(sandbox: Sandbox, key: string): { readonly owner: any; readonly name: string } {
  const parts = key.split('.');
  const name = parts.pop()!;
  const owner = parts.reduce<any>((object, part) => object?.[part], sandbox);
  if (typeof owner !== 'object' || !(name in owner)) throw new Error(`the sandbox has no switch '${key}'`);
  return { owner, name };
}
