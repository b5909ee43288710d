import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { addWarning, createProblem, Problem } from './problems';
import { DATA_SOURCES_MAX } from '../../handler/contract';
import { Registry } from '../registry';

const MAX_NAME_LENGTH = 255;

/** An event has the properties before and after an update, and Lambda takes 256 KB. */
const MAX_BYTES = 100_000;

/** The data sources of one resource. */
export interface ListedDataSources {
  readonly construct: IConstruct;
  readonly tenantUrl: string;
  readonly integrationId: string;
  /** Prefixes by names. */
  readonly dataSources: Readonly<Record<string, string>>;
}

interface Entry {
  readonly construct: IConstruct;
  readonly name: string;
  readonly prefix: string;
}

const BY_NAME = new Registry<Entry>();
const BY_INTEGRATION = new Registry<Entry>();

/** Notes data sources, and warns of prefixes of the same integration that overlap. */
export function registerDataSources(listed: ListedDataSources): void {
  const { construct, tenantUrl, integrationId } = listed;
  warnOfOverlaps(listed);
  for (const entry of listEntries(listed)) {
    BY_NAME.add(construct, entry, [getKey(tenantUrl, entry.name)]);
    BY_INTEGRATION.add(construct, entry, [getKey(tenantUrl, integrationId)]);
  }
}

/** Checks data sources alone, and against those that other constructs of the app listed before. */
export function validateDataSources(listed: ListedDataSources): Problem[] {
  const entries = listEntries(listed);
  return [
    ...validateSize(listed),
    ...entries.flatMap(({ name }) => validateName(name)),
    ...entries.flatMap(validatePrefix),
    ...entries.flatMap((entry) => validateUniqueName(listed, entry)),
    ...validateUniquePrefixes(listed, entries),
  ];
}

function listEntries({ construct, dataSources }: ListedDataSources): Entry[] {
  return Object.entries(dataSources).map(([name, prefix]) => ({ construct, name, prefix }));
}

function getKey(tenantUrl: string, value: string): string {
  return JSON.stringify([tenantUrl, value]);
}

function validateSize({ dataSources }: ListedDataSources): Problem[] {
  const count = Object.keys(dataSources).length;
  const bytes = Buffer.byteLength(JSON.stringify(dataSources));
  const parts = Math.max(Math.ceil(count / DATA_SOURCES_MAX), Math.ceil(bytes / MAX_BYTES));
  return parts > 1
    ? [createProblem('DATA_SOURCES_TOO_MANY', { count, bytes, max: DATA_SOURCES_MAX, maxBytes: MAX_BYTES, parts })]
    : [];
}

function validateName(name: string): Problem[] {
  const isValid = !Token.isUnresolved(name) && name !== '' && name.length <= MAX_NAME_LENGTH && name.trim() === name;
  return isValid ? [] : [createProblem('DATA_SOURCE_NAME_INVALID', { got: JSON.stringify(name) })];
}

function validatePrefix({ name, prefix }: Entry): Problem[] {
  const isValid = Token.isUnresolved(prefix)
    || !(/^\/|\*|^s3:\/\//.test(prefix) || prefix.split('/').some((segment) => ['.', '..'].includes(segment)));
  const [quoted, got] = [name, prefix].map((text) => JSON.stringify(text));
  return isValid ? [] : [createProblem('DATA_SOURCE_PREFIX_INVALID', { name: quoted, got })];
}

function validateUniqueName({ construct, tenantUrl }: ListedDataSources, { name }: Entry): Problem[] {
  const [other] = BY_NAME.findByKey(construct, getKey(tenantUrl, name));
  return other && other.construct !== construct
    ? [createProblem('DATA_SOURCE_NAME_DUPLICATE', { name: JSON.stringify(name), other: other.construct.node.path })]
    : [];
}

function validateUniquePrefixes({ construct, tenantUrl, integrationId }: ListedDataSources, own: Entry[]): Problem[] {
  const first = new Map<string, Entry>();
  for (const entry of BY_INTEGRATION.findByKey(construct, getKey(tenantUrl, integrationId))) {
    const prefix = normalizePrefix(entry.prefix);
    first.set(prefix, first.get(prefix) ?? entry);
  }
  return own.flatMap(({ name, prefix }) => {
    const other = first.get(normalizePrefix(prefix));
    if (!other || (other.construct === construct && other.name === name)) {
      return [];
    }
    const where = other.construct === construct ? '' : ` in '${other.construct.node.path}'`;
    const [quoted, quotedPrefix, quotedOther] = [name, prefix, other.name].map((text) => JSON.stringify(text));
    return [createProblem('DATA_SOURCE_PREFIX_DUPLICATE', {
      name: quoted, prefix: quotedPrefix, other: quotedOther, where,
    })];
  });
}

/** Immuta may show a prefix without the slash at its end. */
function normalizePrefix(prefix: string): string {
  return prefix.replace(/\/$/, '');
}

/** Warns of each data source that another one contains: once, by the innermost one that does. */
function warnOfOverlaps(listed: ListedDataSources): void {
  const { construct, tenantUrl, integrationId } = listed;
  const own = listEntries(listed);
  const entries = [...BY_INTEGRATION.findByKey(construct, getKey(tenantUrl, integrationId)), ...own]
    .filter(({ prefix }) => !Token.isUnresolved(prefix))
    .sort((a, b) => a.prefix < b.prefix ? -1 : 1);
  const open: Entry[] = [];
  for (const inner of entries) {
    while (open.length > 0 && !inner.prefix.startsWith(open[open.length - 1].prefix)) {
      open.pop();
    }
    const outer = open[open.length - 1];
    if (outer && outer.prefix !== inner.prefix && [outer.construct, inner.construct].includes(construct)) {
      const [outerName, outerPrefix, innerName, innerPrefix] = [outer.name, outer.prefix, inner.name, inner.prefix]
        .map((text) => JSON.stringify(text));
      addWarning(construct, 'DATA_SOURCE_PREFIXES_OVERLAP', {
        outer: outerName, outerPrefix, inner: innerName, innerPrefix,
      });
    }
    open.push(inner);
  }
}
