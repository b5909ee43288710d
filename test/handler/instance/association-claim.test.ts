import { Instance } from '../../../src/handler/aws/access-grants';
import {
  canDissociate, hasApplication, hasClaim, hasClaimTo, isAssociationOurs, isEnded, isRecorded,
} from '../../../src/handler/instance/association-claim';
import { InstanceContext } from '../../../src/handler/instance/context';
import { IDENTITY_CENTER, INSTANCE_ARN, OTHER_IDENTITY_CENTER, TAG_PREFIX } from '../../support/access-grants-instance';

const APPLICATION = 'arn:aws:sso::444455556666:application/ssoins-1111222233334444/apl-0001';
const OTHER_APPLICATION = 'arn:aws:sso::444455556666:application/ssoins-1111222233334444/apl-0002';

// all that these functions read
const CONTEXT = {
  ownership: {
    owner: { stack: 'lake', resource: 'Instance' },
    createdBy: { lifetime: '1f58b9145b24', generation: 'AROA1' },
    isGenerationProof: true,
  },
} as InstanceContext;

const CLAIM = {
  stack: 'lake',
  resource: 'Instance',
  lifetime: '1f58b9145b24',
  generation: 'AROA1',
  instance: IDENTITY_CENTER,
  application: '',
};

/** The instance with the tags of a claim, and with an association. */
function instance(
  claim: Record<string, string>,
  identityCenterInstanceArn?: string,
  applicationArn?: string,
): Instance {
  const tags = Object.entries(claim).map(([field, value]) => [`${TAG_PREFIX}identity-center:${field}`, value]);
  return {
    arn: INSTANCE_ARN,
    id: 'default',
    identityCenterInstanceArn,
    applicationArn,
    tags: Object.fromEntries(tags),
  };
}

const RECORDED = { ...CLAIM, application: APPLICATION };
const OTHERS = { ...CLAIM, stack: 'other' };
const EARLIER = { ...RECORDED, lifetime: 'other' };

test.each<[string, Instance, Record<string, boolean>]>([
  [
    'without a claim or an association',
    instance({}),
    { claimed: false, claimedFor: false, known: false, recorded: false, ours: false, endable: false },
  ],
  [
    'that another owner associated',
    instance({}, IDENTITY_CENTER, APPLICATION),
    { claimed: false, claimedFor: false, known: false, recorded: false, ours: false, endable: false },
  ],
  [
    'that another stack claims',
    instance({ ...OTHERS, application: APPLICATION }, IDENTITY_CENTER, APPLICATION),
    { claimed: false, claimedFor: false, known: true, recorded: false, ours: false, endable: false },
  ],
  [
    'that we claim, and that has no association yet',
    instance(CLAIM),
    { claimed: true, claimedFor: true, known: false, recorded: false, ours: false, endable: true },
  ],
  [
    'that another stack claims, and that has no association yet',
    instance(OTHERS),
    { claimed: false, claimedFor: false, known: false, recorded: false, ours: false, endable: false },
  ],
  [
    'whose association has no application yet',
    instance(CLAIM, IDENTITY_CENTER),
    { claimed: true, claimedFor: true, known: false, recorded: false, ours: true, endable: true },
  ],
  [
    'whose association we requested, and have not recorded',
    instance(CLAIM, IDENTITY_CENTER, APPLICATION),
    { claimed: true, claimedFor: true, known: false, recorded: false, ours: true, endable: true },
  ],
  [
    'whose association we recorded',
    instance(RECORDED, IDENTITY_CENTER, APPLICATION),
    { claimed: true, claimedFor: true, known: true, recorded: true, ours: true, endable: true },
  ],
  [
    'whose association we recorded in an earlier lifetime',
    instance(EARLIER, IDENTITY_CENTER, APPLICATION),
    { claimed: true, claimedFor: true, known: true, recorded: false, ours: true, endable: true },
  ],
  [
    'whose association ended, and was ours',
    instance(RECORDED),
    { claimed: true, claimedFor: true, known: true, recorded: false, ours: false, endable: false },
  ],
  [
    'whose association followed ours, with the same Identity Center instance',
    instance(RECORDED, IDENTITY_CENTER, OTHER_APPLICATION),
    { claimed: true, claimedFor: true, known: true, recorded: false, ours: false, endable: false },
  ],
  [
    'whose association followed our claim, with another Identity Center instance',
    instance(CLAIM, OTHER_IDENTITY_CENTER, OTHER_APPLICATION),
    { claimed: true, claimedFor: true, known: false, recorded: false, ours: false, endable: false },
  ],
])('recognizes whose association it is for an instance %s', (_, of, expected) => {
  expect({
    claimed: hasClaim(CONTEXT, of),
    claimedFor: hasClaimTo(CONTEXT, of, IDENTITY_CENTER),
    known: hasApplication(of),
    recorded: isRecorded(CONTEXT, of),
    ours: isAssociationOurs(CONTEXT, of),
    endable: canDissociate(CONTEXT, of),
  }).toEqual(expected);
});

test('has no claim to another Identity Center instance than the claimed one', () => {
  expect(hasClaimTo(CONTEXT, instance(CLAIM), OTHER_IDENTITY_CENTER)).toBe(false);
});

const ENDED = { ...RECORDED, ended: APPLICATION };

test.each<[string, Instance, boolean]>([
  ['that we ended, and that still appears', instance(ENDED, IDENTITY_CENTER, APPLICATION), true],
  ['that we ended, and that appears without its application', instance(ENDED, IDENTITY_CENTER), false],
  ['that followed the one that we ended', instance(ENDED, IDENTITY_CENTER, OTHER_APPLICATION), false],
  ['that we did not end', instance(RECORDED, IDENTITY_CENTER, APPLICATION), false],
  ['that we did not end, and that appears without its application', instance(CLAIM, IDENTITY_CENTER), false],
  ['that another stack ended', instance({ ...ENDED, stack: 'other' }, IDENTITY_CENTER, APPLICATION), false],
])('recognizes whether it ended an association %s', (_, of, expected) => {
  expect(isEnded(CONTEXT, of)).toBe(expected);
});
