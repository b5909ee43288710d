import { Stack } from 'aws-cdk-lib';
import { Annotations as CdkAnnotations, Match } from 'aws-cdk-lib/assertions';
import { recordCodes } from './observe-codes';

/** The assertions of the CDK about annotations. They do not use `expect`, so the codes in them are recorded here. */
export const Annotations = {
  fromStack(stack: Stack): CdkAnnotations {
    const annotations = CdkAnnotations.fromStack(stack);
    const anyMessage = Match.anyValue();
    for (const { entry } of [...annotations.findError('*', anyMessage), ...annotations.findWarning('*', anyMessage)]) {
      recordCodes(entry.data);
    }
    return annotations;
  },
};
