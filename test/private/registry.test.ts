import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Registry } from '../../src/private/registry';

const registry = new Registry<string>();

function addTo(stack: Stack, id: string, keys?: string[]): Construct {
  const construct = new Construct(stack, id);
  registry.add(construct, id, keys);
  return construct;
}

test('finds the values of an app in order of definition', () => {
  const [stack, other] = [new Stack(new App()), new Stack(new App())];
  ['b', 'a'].forEach((id) => addTo(stack, id));
  addTo(other, 'c');

  expect(registry.findAll(stack)).toEqual(['b', 'a']);
  expect(registry.findAll(other)).toEqual(['c']);
});

test('finds earlier values with one of several keys, each once and in order of definition', () => {
  const stack = new Stack(new App());
  addTo(stack, 'c', ['red']);
  addTo(stack, 'b', ['blue', 'red']);
  addTo(stack, 'a', ['blue']);
  addTo(stack, 'other', ['green']);
  const last = addTo(stack, 'last', ['blue']);

  expect(registry.findEarlier(last, ['blue', 'red'])).toEqual(['c', 'b', 'a']);
  expect(registry.findByKey(stack, 'blue')).toEqual(['b', 'a', 'last']);
  expect(registry.findByKey(stack, 'yellow')).toEqual([]);
});

test('forgets a construct that is removed from the tree, or that is in one', () => {
  const stack = new Stack(new App());
  const parent = addTo(stack, 'parent');
  registry.add(new Construct(parent, 'child'), 'child');
  addTo(stack, 'left');
  stack.node.tryRemoveChild('parent');

  expect(registry.findAll(stack)).toEqual(['left']);
});
