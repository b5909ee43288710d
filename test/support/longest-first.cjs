/** Starts the random histories first: what takes longest must not begin when everything else has ended. */
'use strict';
const { default: Sequencer } = require('@jest/test-sequencer');

const LONGEST = /(campaign|histories)\.test\.ts$/;

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => Number(!LONGEST.test(path));
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
