import { IntegrationContext } from './context';
import { createFailure, Failure } from '../failure';
import { ValidationFailure } from '../immuta/validation-tests';
import { bestEffort } from '../runtime/log';

/** A reason names so many. */
const NAMED = 5;

/**
 * Explains why Immuta does not delete an integration, if that still has data sources: a stack removes its own before
 * the integration, so others registered these.
 */
export async function explainRemainingDataSources(
  { dataSources, log }: IntegrationContext,
  id: string,
  why: Failure,
): Promise<Failure> {
  if (why instanceof ValidationFailure && why.failedTests.length > 0) {
    return why;
  }
  const left = (await bestEffort(log, 'data-sources-not-listed', () => dataSources.listOfIntegration(id))) ?? [];
  if (left.length === 0) {
    return why;
  }
  const names = left.slice(0, NAMED).map(({ name }) => `'${name}'`);
  const more = left.length > NAMED ? ', …' : '';
  const values = { cause: why.text, id, count: left.length, names: names.join(', ') + more };
  return createFailure('INTEGRATION_HAS_DATA_SOURCES', values, { cause: why });
}
