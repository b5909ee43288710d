import { Experiment } from '../experiment';
import { createIntegration, deleteIntegration } from '../integrations';

export const deletedRecord: Experiment = {
  id: 'deleted-record',
  question: 'Is a deleted integration missing (404), or does it remain with the status `deleted`?',
  expected: { 'immuta.switches.keepsDeleted': false },
  async run(context) {
    const { id } = await createIntegration(context, 'deleted-record');
    const end = await deleteIntegration(context, id);
    return { 'immuta.switches.keepsDeleted': end === 'deleted' };
  },
};
