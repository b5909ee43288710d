import { MAX_HOPS, parseContinuation } from '../../../src/handler/protocol/continuation';

const NOW = Date.parse('2026-11-23T09:00:00Z');
const STATE = { resourceStatus: 'CREATE_IN_PROGRESS', physicalId: '', lastUpdatedAt: NOW };
const CONTINUATION = { startedAt: NOW - 1, hop: 3, posted: false, updatedAt: NOW, operation: STATE };

const parse = (continuation?: unknown) => parseContinuation({ Continuation: continuation }, NOW);

test('parses what the invocation before wrote', () => {
  expect(parse(CONTINUATION)).toEqual(CONTINUATION);
});

test.each([[undefined], [null], ['text'], [{}]])('finds no continuation when the event is %p', (event) => {
  expect(parseContinuation(event, NOW)).toBeUndefined();
});

test.each<[string, object, object]>([
  ['it began later than now', { startedAt: NOW + 1 }, { startedAt: NOW }],
  ['it began now', { startedAt: NOW }, { startedAt: NOW }],
  ['its beginning is no number', { startedAt: '1' }, { startedAt: NOW }],
  ['its number is none', { hop: '3' }, { hop: MAX_HOPS }],
  ['its number is a fraction', { hop: 0.5 }, { hop: MAX_HOPS }],
  ['its number is 0', { hop: 0 }, { hop: MAX_HOPS }],
  ['its number is 1', { hop: 1 }, { hop: 1 }],
  ['it does not say whether it sent a request', { posted: undefined }, { posted: true }],
  ['the time of the update is no number', { updatedAt: '1' }, { updatedAt: undefined }],
  ['the operation is none', { operation: 'x' }, { operation: undefined }],
  ['the operation has no status', { operation: { ...STATE, resourceStatus: 7 } }, { operation: undefined }],
  ['the operation has no time', { operation: { ...STATE, lastUpdatedAt: '' } }, { operation: undefined }],
  [
    'the physical ID is a number',
    { operation: { ...STATE, physicalId: 7 } },
    { operation: { ...STATE, physicalId: '7' } },
  ],
])('is careful with a continuation when %s', (_, change, expected) => {
  expect(parse({ ...CONTINUATION, ...change })).toEqual({ ...CONTINUATION, ...expected });
});

test.each([[null], ['text'], [7]])('ends the chain when the continuation is %p', (continuation) => {
  expect(parse(continuation)).toEqual({ startedAt: NOW, hop: MAX_HOPS, posted: true });
});
