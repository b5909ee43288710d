import { describeMissing, FindMissing, splitIds } from './data-sources';
import { Difference, findDifferences } from './drift';
import { classifyError, Finding, Health } from './finding';
import { isOnPath, RegisteredLocation } from '../aws/access-grants-locations';
import { ExpectedIntegration } from '../contract';
import { createFailure } from '../failure';
import { IntegrationRecord } from '../immuta/client';
import { isSteady } from '../immuta/status';
import { describeDetails, describeFailedTests, renderHints } from '../immuta/validation-tests';
import { describeDenial, simulateNeededActions } from '../integration/diagnosis';
import { describeLocation, Location } from '../location';
import { Deadline } from '../runtime/deadline';
import { Log } from '../runtime/log';

export interface InspectionTools {
  readonly deadline: Deadline;
  readonly log: Log;
  /** Lists the locations of an instance. Undefined if there is no instance. */
  readonly listLocations: (instance: Omit<Location, 'path'>) => Promise<RegisteredLocation[] | undefined>;
  readonly findMissingDataSources: FindMissing;
  /** Returns the IDs of the access keys that Immuta may have. Undefined if it has a role. */
  readonly findAccessKeyIds: (expected: ExpectedIntegration) => Promise<string[] | undefined>;
}

/**
 * Compares an integration with what was deployed. Only reads.
 *
 * While Immuta changes the integration, everything else may be about to change too.
 */
export async function inspectIntegration(
  record: IntegrationRecord | undefined,
  expected: ExpectedIntegration,
  tools: InspectionTools,
): Promise<Health> {
  if (!record) {
    const failure = createFailure('HEALTH_RECORD_MISSING', { id: expected.IntegrationId });
    return { findings: [{ name: 'RecordMissing', failure }], failingTests: 0, drift: 0 };
  }
  const { status, failedTests } = record;
  if (!isSteady(status)) {
    return { findings: [], status, failingTests: failedTests.length, drift: 0 };
  }
  const drift = await compareConfiguration(record, expected, tools);
  const dataSources = await inspectDataSources(expected, tools);
  const others = await Promise.all([
    collectFinding(() => inspectLocation(expected, tools)),
    collectFinding(() => inspectPermissions(expected, tools)),
  ]);
  return {
    findings: [inspectStatus(record), drift.finding, dataSources.finding, ...others]
      .filter((finding) => finding !== undefined),
    status,
    failingTests: failedTests.length,
    drift: drift.differences.length + dataSources.missing.length,
  };
}

function inspectStatus({ id, status, message, failedTests }: IntegrationRecord): Finding | undefined {
  switch (status) {
    case 'enabled':
      return undefined;
    case 'disabled':
      return { name: 'Disabled', failure: createFailure('HEALTH_DISABLED', { id }) };
    case 'recurringValidationError': {
      const tests = describeFailedTests(failedTests) || message || 'Immuta names no failed test';
      const hints = renderHints(failedTests, 'Then wait for the next check of Immuta', true);
      return { name: 'ValidationFailing', failure: createFailure('HEALTH_VALIDATION_FAILING', { id, tests, hints }) };
    }
    default: {
      const details = describeDetails({ message, failedTests });
      const failure = createFailure('HEALTH_ERROR_STATUS', { id, status, details: details && `; ${details}` });
      return { name: 'ErrorStatus', failure };
    }
  }
}

async function compareConfiguration(
  record: IntegrationRecord,
  expected: ExpectedIntegration,
  tools: InspectionTools,
): Promise<{ readonly differences: Difference[]; readonly finding?: Finding }> {
  try {
    const differences = findDifferences(record, expected, await tools.findAccessKeyIds(expected));
    if (differences.length === 0) {
      return { differences };
    }
    const failure = createFailure('HEALTH_DRIFT', {
      id: record.id,
      differences: differences.map(({ description }) => description).join(', '),
    });
    return { differences, finding: { name: 'Drift', failure } };
  } catch (error) {
    return { differences: [], finding: classifyError(error) };
  }
}

/** Compares the data sources that were deployed. Those that others registered are not known here. */
async function inspectDataSources(
  { IntegrationId: id, DataSourceIds: ids }: ExpectedIntegration,
  { findMissingDataSources }: InspectionTools,
): Promise<{ readonly missing: readonly string[]; readonly finding?: Finding }> {
  try {
    const missing = await findMissingDataSources(splitIds(ids));
    return { missing, finding: describeMissing(id, missing) };
  } catch (error) {
    return { missing: [], finding: classifyError(error) };
  }
}

async function inspectLocation(
  expected: ExpectedIntegration,
  { listLocations }: InspectionTools,
): Promise<Finding | undefined> {
  const { AccountId: accountId, Region: region, LocationPath: path, LocationRoleArn: role } = expected;
  const location = { accountId, region, path };
  const registered = (await listLocations({ accountId, region }))?.filter((each) => isOnPath(each, path, role));
  if (registered?.some(({ roleArn }) => roleArn === role)) {
    return undefined;
  }
  const failure = createFailure('HEALTH_LOCATION_MISMATCH', {
    id: expected.IntegrationId,
    role,
    state: describeState(location, registered),
  });
  return { name: 'LocationMismatch', failure };
}

function describeState(location: Location, registered: readonly RegisteredLocation[] | undefined): string {
  if (!registered) {
    return `account ${location.accountId} has no S3 Access Grants instance in ${location.region}`;
  }
  const [other] = registered;
  return other
    ? `location ${other.id} on ${describeLocation(location)} has the role ${other.roleArn}`
    : `no location is registered on ${describeLocation(location)}`;
}

/** The simulator does not decide each action: only a denial is a finding. */
async function inspectPermissions(expected: ExpectedIntegration, tools: InspectionTools): Promise<Finding | undefined> {
  const { DiagnosedPrincipalArn: principal } = expected;
  if (!principal) {
    return undefined;
  }
  const { denials } = await simulateNeededActions({ ...expected }, tools);
  if (denials.length === 0) {
    return undefined;
  }
  const actions = denials.map(describeDenial).join(', ');
  return { name: 'PermissionMissing', failure: createFailure('HEALTH_PERMISSION_MISSING', { principal, actions }) };
}

async function collectFinding(inspect: () => Promise<Finding | undefined>): Promise<Finding | undefined> {
  try {
    return await inspect();
  } catch (error) {
    return classifyError(error);
  }
}
