import {
  answers, changes, failure, lake, leftovers, LOCATION_PATH, locations, NOTHING, shortAnswers, STACK_NAME,
} from './fixture';
import { Sandbox } from '../sandbox/sandbox';

/** Deploys and destroys an integration, with a validation that fails, and one that takes longer than a run. */
export function testDeployment(sandbox: { readonly current: Sandbox }): void {
  test('creates an enabled integration and leaves nothing when the stack is destroyed', async () => {
    const { status, outputs } = await sandbox.current.deploy(lake(sandbox.current));

    expect(status).toBe('CREATE_COMPLETE');
    const [record] = sandbox.current.immuta.integrations.values();
    expect(record).toMatchObject({
      id: outputs.IntegrationId,
      status: 'enabled',
      config: { awsLocationPath: LOCATION_PATH, awsLocationRole: outputs.LocationRoleArn, authenticationType: 'auto' },
    });
    expect(locations(sandbox.current)).toMatchObject([{ scope: LOCATION_PATH, roleArn: outputs.LocationRoleArn }]);
    const { id: IntegrationId, config: { name } } = record;
    expect(answers(sandbox.current)[0].Data).toEqual({
      IntegrationId, IntegrationName: name, IntegrationNameInJson: name,
    });

    expect(await sandbox.current.destroy(STACK_NAME)).toMatchObject({ status: 'DELETE_COMPLETE' });
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
    expect(shortAnswers(sandbox.current)).toEqual([
      `SUCCESS immuta-s3-integration/${record.id}`,
      `SUCCESS immuta-s3-integration/${record.id}`,
    ]);
  });

  test('rolls back a deployment, leaves nothing and names test and remedy when validation fails', async () => {
    sandbox.current.immuta.faults.validation({ test: 2, message: 'Integration 17 has it.', times: Infinity });

    const result = await sandbox.current.deploy(lake(sandbox.current));

    expect(result.status).toBe('ROLLBACK_COMPLETE');
    expect(failure(result)).toContain(
      "'The provided integration name is unique across Immuta S3 integrations' failed: Integration 17 has it. " +
        "Set another 'integrationName'",
    );
    expect(shortAnswers(sandbox.current)).toEqual([
      // it may be one that a concurrent run of the event created
      expect.stringMatching(/^FAILED immuta-s3-integration\/unknown\//),
      expect.stringMatching(/^SUCCESS immuta-s3-integration\/unknown\//),
    ]);
    expect(leftovers(sandbox.current)).toEqual(NOTHING);
  });

  test('creates an integration when that takes longer than one run of the function', async () => {
    sandbox.current.immuta.switches.durations.creating = 20 * 60_000;

    expect(await sandbox.current.deploy(lake(sandbox.current))).toMatchObject({ status: 'CREATE_COMPLETE' });

    expect(sandbox.current.lambda.invocations.map(({ error }) => error)).toEqual(Array(3).fill(undefined));
    expect(changes(sandbox.current)).toEqual(['POST /integrations']);
  });
}
