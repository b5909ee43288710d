/** A reporter of Stryker that prints each change that no test finds as soon as it is tested. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import { describeMutant } from './describe-mutant.mjs';

const SHOWN = ['Survived', 'NoCoverage', 'Timeout', 'RuntimeError'];

class MissedReporter {
  onMutantTested(mutant) {
    if (!SHOWN.includes(mutant.status)) return;
    const file = path.relative('.', mutant.fileName);
    console.log(`${mutant.status} ${describeMutant(file, readFileSync(file, 'utf8'), mutant)}`);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.Reporter, 'missed', MissedReporter)];
