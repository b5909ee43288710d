import { parseAwsCommand } from './aws-command';
import {
  awsCommandsInText, commandsOf, GET_STARTED, isTask, kindOf, pagesToFollow, taskOf,
} from './commands';
import { readPages } from './pages';

const PAGES = pagesToFollow().filter((page) => commandsOf(page).length > 0);

test.each(PAGES.filter(({ file }) => file !== GET_STARTED))('has only commands that a test runs in $file', (page) => {
  expect(commandsOf(page).map(kindOf)).not.toEqual([]);
});

test.each(PAGES.flatMap(commandsOf).filter(({ text }) => text.startsWith('aws ')))(
  'has an operation and options that AWS knows in $where: $text',
  ({ text }) => {
    expect(Object.keys(parseAwsCommand(text).input)).not.toEqual([]);
  },
);

test.each(readPages().filter((page) => awsCommandsInText(page).length > 0))(
  'has operations and options that AWS knows in the text of $file',
  (page) => {
    expect(() => awsCommandsInText(page).map((command) => parseAwsCommand(command))).not.toThrow();
  },
);

test('refuses a command in the text that is not known when the SDK has no client for it', () => {
  const text = 'Copy with `aws s3 cp`, and not with `aws s3 copy`.';
  const [command, ...others] = awsCommandsInText({ file: 'a.md', text });
  expect(others).toEqual([]);
  expect(() => parseAwsCommand(command)).toThrow("'aws s3 copy' is no command of AWS");
});

test('names only tasks that the repository has', () => {
  const tasks = readPages().flatMap(commandsOf).map(({ text }) => taskOf(text)).filter((task) => task !== undefined);
  expect(tasks).toContain('mutation');
  expect(tasks.filter((task) => !isTask(task))).toEqual([]);
});

test.each([
  ['aws s3control list-locations --account-id 1', 'is no command of AWS'],
  ['aws lambda list-functions --max-items 1', 'is no command of AWS'],
  ['aws s3control update-access-grants-location --account 1', "has no option '--account'"],
  ['aws secretsmanager rotate-secret --secret-id', "'--secret-id' of"],
  ['aws secretsmanager rotate-secret --secret-id --rotation-lambda-arn x', "'--secret-id' of"],
])('refuses %s', (text, reason) => {
  expect(() => parseAwsCommand(text)).toThrow(reason);
});

test('joins lines, and takes comments and both sides of && apart', () => {
  const text = '1. Run:\n\n   ```console\n   npm ci && npm run demo   # watch\n   aws a b --c \\\n     d\n   ```\n';
  expect(commandsOf({ file: 'a.md', text })).toEqual([
    { text: 'npm ci', where: 'a.md:4' },
    { text: 'npm run demo', where: 'a.md:4' },
    { text: 'aws a b --c d', where: 'a.md:4' },
  ]);
});

test.each(['npm run no-such-task', 'rm -rf cdk.out', 'npx projen no-such-task'])(
  'refuses %s, which no test runs',
  (text) => {
    expect(() => kindOf({ text, where: 'a.md:4' })).toThrow(`a.md:4: no test runs '${text}'`);
  },
);
