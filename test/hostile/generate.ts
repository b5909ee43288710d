import { BODIES, HEADERS, IDS, STATUSES, TEXTS, VALUES } from './corpus';
import { HostileRequest, HostileResponse, Respond } from './hostile-server';
import { seededRandom } from '../campaign/random';

/** The integration that an Update or a Delete is about: its name has the digests of the event's stack and resource. */
const CONFIG: Record<string, unknown> = {
  name: 'sales-170628fc8036-3098ca9c09a0',
  awsAccountId: '111122223333',
  awsRegion: 'us-east-1',
  awsLocationPath: 's3://sales/',
  awsLocationRole: 'arn:aws:iam::111122223333:role/location',
  authenticationType: 'auto',
  awsRoleToAssume: 'arn:aws:iam::111122223333:role/immuta',
};

/** What a server has said, by which an answer to CloudFormation is judged. */
export interface Said {
  /** Whether it has shown an enabled integration, complete. */
  enabled: boolean;
  /** Whether it has said, as Immuta does, that an integration does not exist. */
  gone: boolean;
}

/** Returns responses that a seed determines: of a tenant in which some of all go wrong. */
export function generateResponses(seed: number): { readonly respond: Respond; readonly said: Said } {
  const random = seededRandom(seed * 7_919);
  const choose = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const happens = (probability: number) => random() < probability;
  const malice = choose([0.05, 0.3, 0.9]);
  const said: Said = { enabled: false, gone: false };
  let config: Record<string, unknown> = CONFIG;

  /** A record that is elsewhere is not the one of the event. */
  function spoil(fields: Record<string, unknown>): Record<string, unknown> {
    const entries = Object.entries(fields).map(([name, value]) => [name, happens(malice / 8) ? choose(VALUES) : value]);
    const spoilt = Object.fromEntries(entries);
    said.gone ||= ['awsAccountId', 'awsRegion', 'awsLocationPath'].some(
      (name) => ['string', 'number'].includes(typeof spoilt[name]) && spoilt[name] !== CONFIG[name],
    );
    return spoilt;
  }

  function record(): Record<string, unknown> {
    const fields: Record<string, unknown> = {
      id: 101,
      type: 'Native S3',
      status: choose(['enabled', 'enabled', 'creating', 'createError', 'deleting', 'deleted', 'disabled']),
      config: spoil(config),
      message: choose(TEXTS),
      validationResults: { validationTests: [{ name: choose(TEXTS), status: 'failed', message: choose(TEXTS) }] },
    };
    for (const name of Object.keys(fields)) {
      if (happens(malice / 4)) fields[name] = name === 'id' ? choose(IDS) : choose(VALUES);
      if (happens(malice / 8)) delete fields[name];
    }
    return fields;
  }

  function respondToRecord(): HostileResponse {
    if (happens(0.2)) {
      said.gone = true;
      return { status: 404, body: JSON.stringify({ statusCode: 404, error: 'Not Found', message: choose(TEXTS) }) };
    }
    const shown = record();
    said.enabled ||= shown.status === 'enabled' && typeof shown.config === 'object' && shown.config !== null;
    said.gone ||= shown.status === 'deleted' || (typeof shown.type === 'string' && shown.type !== 'Native S3');
    return { status: 200, body: JSON.stringify(shown) };
  }

  function respond({ method, path, body }: HostileRequest): HostileResponse {
    if (body) config = JSON.parse(body).config ?? config;
    if (happens(malice / 2)) {
      const status = choose(STATUSES);
      const hostileBody = choose(BODIES);
      said.gone ||= status === 404 && String(hostileBody).startsWith('{');
      return { status, headers: choose(HEADERS), body: hostileBody };
    }
    if (method === 'POST') return { status: 201, body: JSON.stringify({ id: happens(malice) ? choose(IDS) : 101 }) };
    if (path === '/integrations') {
      const items = happens(0.5) ? [] : [record(), ...happens(malice) ? [choose(VALUES)] : []];
      said.gone ||= items.length === 0;
      return { status: 200, body: JSON.stringify(items) };
    }
    return respondToRecord();
  }

  return { respond, said };
}

/** Responds so a few times, and then refuses, which ends the event: a server that never does costs a minute of it. */
export function respondThenRefuse(response: HostileResponse, times: number): Respond {
  let left = times;
  return () => (left-- > 0 ? response : { status: 400, body: '{"message":"enough"}' });
}
