import {
  choosePhysicalId,
  deriveOwnership,
  filterTagKeys,
  isOfThisLifetime,
  isOurPhysicalId,
  isOurs,
  Ownership,
  renderTags,
} from '../../../src/handler/instance/ownership';
import { ResourceEvent } from '../../../src/handler/protocol/event';

const CREATE: ResourceEvent = {
  requestType: 'Create',
  resourceType: 'Custom::S3AccessGrantsInstance',
  responseUrl: '',
  stackId: 'lake',
  logicalId: 'Instance',
  requestId: 'request',
  physicalId: '',
  properties: { Generation: 'AROA1' },
  oldProperties: {},
};
/** Digits of `printf request | sha256sum`. */
const LIFETIME = '1f58b9145b24';
const ID = `s3-access-grants-instance/${LIFETIME}`;
const OWNER = { stack: 'lake', resource: 'Instance' };

const TAGS = {
  'cdk-immuta-s3-integration:instance:stack': 'lake',
  'cdk-immuta-s3-integration:instance:resource': 'Instance',
  'cdk-immuta-s3-integration:instance:lifetime': LIFETIME,
  'cdk-immuta-s3-integration:instance:generation': 'AROA1',
};
const OURS: Ownership = {
  owner: OWNER,
  createdBy: { lifetime: LIFETIME, generation: 'AROA1' },
  isGenerationProof: true,
};

test.each<[string, Partial<ResourceEvent>, string, boolean]>([
  ['a Create', {}, LIFETIME, true],
  ['an Update of what it created', { requestType: 'Update', requestId: 'next', physicalId: ID }, LIFETIME, false],
  ['its Delete', { requestType: 'Delete', requestId: 'next', physicalId: ID }, LIFETIME, false],
  // `printf i-0123 | sha256sum`: the ID that CloudFormation invents for a Create that it cancels
  ['the Delete of a cancelled Create', { requestType: 'Delete', physicalId: 'i-0123' }, 'c46a8ed1db42', true],
])('derives whose the instance is from %s', (_, event, lifetime, isGenerationProof) => {
  expect(deriveOwnership({ ...CREATE, ...event })).toEqual({
    owner: OWNER,
    createdBy: { lifetime, generation: 'AROA1' },
    isGenerationProof,
  });
});

test.each<[string, Partial<ResourceEvent>, string]>([
  ['a Create', {}, ID],
  ['an Update', { requestType: 'Update', physicalId: `${ID}-of-before` }, `${ID}-of-before`],
  ['an event without an ID', { requestType: 'Delete', physicalId: '' }, 's3-access-grants-instance/e3b0c44298fc'],
  ['a Delete with an ID of CloudFormation', { requestType: 'Delete', physicalId: 'i-0123' }, 'i-0123'],
])('responds to %s with the ID %p', (_, event, physicalId) => {
  expect(choosePhysicalId({ ...CREATE, ...event })).toBe(physicalId);
});

test.each([
  [ID, true],
  [`x${ID}`, false],
  [`${ID}0`, false],
  ['s3-access-grants-instance/1F58B9145B24', false],
  ['s3-access-grants-instance/', false],
  ['i-0123', false],
])('decides whether %p is a physical ID of ours: %p', (physicalId, expected) => {
  expect(isOurPhysicalId(physicalId)).toBe(expected);
});

test('renders tags that prove the ownership', () => {
  expect(renderTags('instance', OURS)).toEqual(TAGS);
  expect(isOurs('instance', TAGS, OURS)).toBe(true);
  expect(isOfThisLifetime('instance', TAGS, OURS)).toBe(true);
});

/** The tags with other values in some fields. */
function tagged(fields: Record<string, string>): Record<string, string> {
  const others = Object.entries(fields).map(([field, value]) => [`cdk-immuta-s3-integration:instance:${field}`, value]);
  return { ...TAGS, ...Object.fromEntries(others) };
}

test.each([
  ['without tags', {}],
  ['of another stack', tagged({ stack: 'other' })],
  ['of another resource', tagged({ resource: 'Other' })],
  ['of another lifetime and generation', tagged({ lifetime: 'other', generation: 'other' })],
])('does not own an instance %s', (_, tags) => {
  expect(isOurs('instance', tags, OURS)).toBe(false);
});

test('does not own one part because of the tags of the other', () => {
  expect(isOurs('identity-center', TAGS, OURS)).toBe(false);
});

describe('tags of the same generation and another lifetime', () => {
  const OTHER_LIFETIME = tagged({ lifetime: 'other' });

  test('owns an instance of the same generation as a Create, and as a Delete that does not know the lifetime', () => {
    expect(isOurs('instance', OTHER_LIFETIME, OURS)).toBe(true);
    expect(isOfThisLifetime('instance', OTHER_LIFETIME, OURS)).toBe(false);
  });

  test('does not own an instance of the same generation when the event knows the lifetime', () => {
    expect(isOurs('instance', OTHER_LIFETIME, { ...OURS, isGenerationProof: false })).toBe(false);
  });

  test('does not own an instance of the same generation when the resource has none', () => {
    const createdBy = { lifetime: LIFETIME, generation: '' };
    const tags = tagged({ lifetime: 'other', generation: '' });

    expect(isOurs('instance', tags, { ...OURS, createdBy })).toBe(false);
  });
});

test('owns an instance of this lifetime whose generation has changed', () => {
  expect(isOurs('instance', tagged({ generation: 'AROA0' }), { ...OURS, isGenerationProof: false })).toBe(true);
});

test('finds the tags of one part, also those of later versions', () => {
  const tags = {
    ...TAGS,
    'cdk-immuta-s3-integration:instance:new-in-2030': '',
    'cdk-immuta-s3-integration:identity-center:stack': 'lake',
    'team': 'data',
  };

  expect(filterTagKeys('instance', tags)).toEqual([
    ...Object.keys(TAGS), 'cdk-immuta-s3-integration:instance:new-in-2030',
  ]);
});
